"""HELM run directories -> flat frames, as MAGNET 0.1.0 flattens them."""
