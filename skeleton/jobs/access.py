from skeleton.db.access import OpenGate
from skeleton.jobs.queries import jobs

JOBS = OpenGate(jobs)
