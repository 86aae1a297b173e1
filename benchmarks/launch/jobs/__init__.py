"""Jobs of a batch system: what one does on its node, and the files through which the launcher talks with it."""
