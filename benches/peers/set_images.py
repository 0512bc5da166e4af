"""Sets the new tag of one image in many kustomizations, by ruamel.yaml in one process: set_images.py IMAGE TAG FILE…"""

import sys

from ruamel.yaml import YAML

image, tag, *paths = sys.argv[1:]
yaml = YAML()
yaml.preserve_quotes = True
for path in paths:
    with open(path, encoding="utf-8") as file:
        document = yaml.load(file)
    for entry in document["images"]:
        if entry["name"] == image:
            entry["newTag"] = tag
    with open(path, "w", encoding="utf-8") as file:
        yaml.dump(document, file)
