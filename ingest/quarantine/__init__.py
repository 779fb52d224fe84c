"""What was refused: shown, taken in again when its cause is mended, discarded, and kept bounded."""
