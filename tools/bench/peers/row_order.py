"""The order in which ingot visits rows (data.order: full), so that a peer can take the same batches."""
import numpy as np

MASK = 0xFFFFFFFF


def philox(counter, seed):
    """Philox4x32-10 of a counter of four words under a seed of 64 bits (Salmon et al., 2011)."""
    c0, c1, c2, c3 = counter
    k0, k1 = seed & MASK, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return [c0, c1, c2, c3]


def mix(x):
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def row_order(rows, seed, epoch):
    """The rows of an epoch: a Feistel network of eight rounds, walked until it stays below `rows`."""
    keys = philox((0, 0, epoch, 3 << 24), seed) + philox((1, 0, epoch, 3 << 24), seed)
    half = max(2, (rows - 1).bit_length() + 1) // 2
    mask = np.uint32((1 << half) - 1)
    order = np.arange(rows, dtype=np.uint32)
    outside = np.ones(rows, dtype=bool)
    while outside.any():
        left, right = order[outside] >> np.uint32(half), order[outside] & mask
        for key in keys:
            left, right = right, left ^ (mix(right + np.uint32(key)) & mask)
        order[outside] = left << np.uint32(half) | right
        outside = order >= rows
    return order.astype(np.int64)
