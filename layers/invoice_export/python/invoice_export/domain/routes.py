"""Which routes need no token; the gateway and the API both ask here."""

import re

OPEN_PATHS = re.compile(r"^/(inspector(/.*)?|api/openapi\.json)$")
