"""Settings, from the environment alone. With nothing set this is the zero-configuration mode; see docs/operations.md.

An unusable value stops the start with one clear line: either here, or in `skeleton.rest.checks`. Each module is
one part of the settings; all of them together are Django's.
"""

from skeleton.settings.environment import *
from skeleton.settings.security import *
from skeleton.settings.limits import *
from skeleton.settings.business import *
from skeleton.settings.rest import *
from skeleton.settings.applications import *
from skeleton.settings.database import *
from skeleton.settings.storage import *
from skeleton.settings.mail import *
from skeleton.settings.logs import *
