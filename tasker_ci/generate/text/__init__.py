"""The syntax of generated files: YAML, TOML, Markdown, and foreign text that stands in them."""
