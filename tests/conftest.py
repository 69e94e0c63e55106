"""What holds for all tests: no example has a deadline, and CI tries the same examples each time."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("dateline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dateline"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dateline")
