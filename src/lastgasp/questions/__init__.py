"""Questions that are asked of a study, each over the facade and nothing below it."""
