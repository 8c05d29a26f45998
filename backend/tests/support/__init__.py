"""What tests share: a real server process, and people who write through it."""
