"""Server to server: how a committed batch reaches whoever is connected, here or elsewhere."""
