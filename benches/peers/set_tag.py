"""Sets the tag of one service in a values file, by ruamel.yaml in its round-trip mode: set_tag.py SERVICE TAG FILE."""

import sys

from ruamel.yaml import YAML

service, tag, path = sys.argv[1:]
yaml = YAML()
yaml.preserve_quotes = True
with open(path, encoding="utf-8") as file:
    document = yaml.load(file)
document["services"][service]["image"]["tag"] = tag
with open(path, "w", encoding="utf-8") as file:
    yaml.dump(document, file)
