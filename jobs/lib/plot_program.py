"""What programs that draw pictures share: inputs and outputs, errors of one line, exit codes."""
import sys
from pathlib import Path

BAD_DATA, NO_INPUT, CANNOT_CREATE = 65, 66, 73
FORMATS = (".png", ".svg", ".pdf")


class PlotError(Exception):
    """@param code  exit code, as docs/output.md has it."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def read_text(path, kind):
    """The text of a file, line ends as they are. @param kind  what it should be: `run log`
    @raises PlotError"""
    try:
        return Path(path).read_bytes().decode()
    except OSError as error:
        raise PlotError(NO_INPUT, f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PlotError(BAD_DATA, f"{path}: is no {kind}") from error


def distinct(names):
    """The names, numbered where some are alike."""
    if len(set(names)) == len(names):
        return names
    return [f"{name} ({k})" for k, name in enumerate(names, 1)]


def run_program(parser, draw, default):
    """Reads the command line, draws, and prints the picture's name.

    @param draw     draws what the arguments say to arguments.output; @raises PlotError, OSError
    @param default  name of the picture
    @return         exit code
    """
    parser.add_argument("--output", default=default, metavar="FILE",
                        help=f"picture to write, .png, .svg or .pdf (default: {default})")
    arguments = parser.parse_args()
    if Path(arguments.output).suffix not in FORMATS:
        parser.error(f"--output must end with {', '.join(FORMATS)}")
    program = Path(parser.prog).stem
    try:
        draw(arguments)
    except PlotError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return error.code
    except ImportError as error:
        print(f"{program}: {error}; install python3-matplotlib", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{program}: {arguments.output}: {error.strerror}", file=sys.stderr)
        return CANNOT_CREATE
    print(arguments.output)
    return 0
