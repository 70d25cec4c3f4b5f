"""Bytes become events or rejections, once, one by one or many at a time."""
