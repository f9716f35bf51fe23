"""Tell the stories to a network: `python -m tests.conformance http://127.0.0.1:4943`. Only to one that may be filled up."""

from __future__ import annotations

import argparse
import sys

from tests.conformance.stories import STORIES
from tests.conformance.world import World


def main() -> int:
    """Return the exit status: 0 where the network does what the embedded one does, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("url", help="of a local network, for example of `dfx start`, `icp network start` or PocketIC")
    parser.add_argument("--root-key", help="DER in hex (default: what the network says)")
    options = parser.parse_args()
    world = World(options.url, bytes.fromhex(options.root_key) if options.root_key else None)
    same = others = 0
    for one in STORIES:
        print(f"\n{one.title}  ({one.source})")
        try:
            for what, seen, expected in one.tell(world):
                agrees = seen == expected
                same, others = same + agrees, others + (not agrees)
                print(f"  {'same ' if agrees else 'OTHER'}  {what}" + ("" if agrees else f": {seen}, here {expected}"))
        except AssertionError as error:
            others += 1
            print(f"  OTHER  the story ends here: {error}")
    print(f"\n{same} of {same + others} as on the embedded network")
    return 1 if others else 0


sys.exit(main())
