"""The state machine as a file: its language, its names, its promises."""
