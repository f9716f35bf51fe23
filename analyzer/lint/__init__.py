"""What one version's own sources show to be a danger at some upgrade, without another version to compare with."""
