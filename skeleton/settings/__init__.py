"""Settings, only from the environment. Without any, this is the zero-configuration mode; see docs/operations.md.

An invalid value aborts the start with one clear line, either here or in `skeleton.rest.setting_checks`. Each module is
one part of the settings; together they are Django's settings.
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
