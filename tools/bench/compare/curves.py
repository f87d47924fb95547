"""Loss curves of both sides in one SVG file, with the numbers' range on its axes."""
import html
import math

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 360, 64, 40, 16, 40
COLOURS = ["#0b62a4", "#c8501e", "#3a8a3a"]


def path_of(losses, low, high):
    across = (WIDTH - LEFT - RIGHT) / max(1, len(losses) - 1)
    down = (HEIGHT - TOP - BOTTOM) / ((high - low) or 1)
    return " ".join(f"{LEFT + i * across:.1f},{TOP + (high - y) * down:.1f}" for i, y in enumerate(losses) if math.isfinite(y))


def draw(path, title, curves, across="step"):
    """curves: {name: losses}, ours first, drawn widest, so that it is seen below curves that are equal."""
    finite = [y for losses in curves.values() for y in losses if math.isfinite(y)] or [0]
    low, high = min(finite), max(finite)
    longest = max(len(losses) for losses in curves.values())
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
             f"<title>{html.escape(title)}</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             f'<text x="{LEFT}" y="16" font-size="14">{html.escape(title)}</text>',
             f'<path d="M{LEFT},{TOP} V{HEIGHT - BOTTOM} H{WIDTH - RIGHT}" fill="none" stroke="#666"/>']
    for y, value in ((TOP + 4, high), (HEIGHT - BOTTOM, low)):
        parts.append(f'<text x="{LEFT - 6}" y="{y}" text-anchor="end">{value:.4g}</text>')
    for x, anchor, text in ((LEFT, "start", "1"), (WIDTH - RIGHT, "end", f"{across} {longest}")):
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="{anchor}">{text}</text>')
    for i, (name, losses) in enumerate(curves.items()):
        colour, width = COLOURS[i % len(COLOURS)], 4 if i == 0 else 1.2
        parts.append(f'<polyline points="{path_of(losses, low, high)}" fill="none" stroke="{colour}" stroke-width="{width}" '
                     f'stroke-opacity="{0.4 if i == 0 else 1}"/>')
        parts.append(f'<text x="{LEFT + 150 * i}" y="32" fill="{colour}">{html.escape(name)}</text>')
    path.write_text("\n".join(parts) + "\n</svg>\n")
