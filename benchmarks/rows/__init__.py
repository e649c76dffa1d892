"""The rows of the table in docs/performance.md: each module measures one kind of work."""
