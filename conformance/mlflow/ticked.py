"""Whether the client made every call that the page of its calls says to work. Arguments: the page, the log of requests."""

import re
import sys

page, log = (open(path).read() for path in sys.argv[1:3])
asked = set()
for line in log.splitlines():
    method, path = line.split(" ", 1)
    match = re.search(r"/api/[23]\.0/?mlflow(/.*)$", path)
    if match:
        asked.add((method, match.group(1)))
# A call that the client can make in two ways is made in the first that is answered.
made, missing = set(), {}
works = re.findall(r"^\| `(\w+)` \| (\w+) `([^`]+)` \| works \|$", page, re.M)
for name, method, path in works:
    pattern = re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path)) + "$")
    if any(verb == method and pattern.match(one) for verb, one in asked):
        made.add(name)
    else:
        missing[name] = f"{name} {method} {path}"
never = [call for name, call in missing.items() if name not in made]
print(f"{len(made)} calls made")
if never:
    sys.exit("never made: " + "; ".join(never))
