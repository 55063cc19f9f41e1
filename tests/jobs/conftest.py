"""The programs under jobs/research are no packages: Python looks for them in their folders."""
import sys

import command

sys.path += [str(command.SOURCE / "jobs/research" / name)
             for name in ("", "scaling", "experiments")]
