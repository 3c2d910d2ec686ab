"""What every app's tests stand on."""
