"""Messages a second on the wire, to Telegram and to Discord: ours beside a bare client and the platform's library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Run the two halves, one after the other, each in a process of its own."""
    for platform in ("telegram", "discord"):
        print(platform, flush=True)
        subprocess.run([sys.executable, Path(__file__).with_name(f"wire_{platform}.py")], check=True)


if __name__ == "__main__":
    main()
