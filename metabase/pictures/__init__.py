"""Pictures of questions: static HTML and SVG that need no server, no script and no network."""
