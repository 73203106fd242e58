"""Where the nodes and edges of a graph go on the page: layers from cause to effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from llmcd.equivalence import consistent_extension
from llmcd.errors import GraphError
from llmcd.graph import Graph
from llmcd.routes import Point, smooth_way

__all__ = ["Layout", "Point", "layered"]

# All lengths are in em: the height of the letters.
MIN_GAP, MAX_GAP = 2.4, 7.5  # between layers
ROW_GAP, APART = 0.7, 1.6  # between rows of nodes without edges, and above them
MIN_BESIDE, MAX_BESIDE = 0.8, 3.5  # between neighbours in a layer
LANE = 0.5  # width kept for an edge that passes a layer
SHRINK = 0.95
SWEEPS, PATIENCE, SHUFFLES = 12, 7, 8  # in the search for few crossings

Pair = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """Places of nodes and ways of edges, in points, y downwards.

    Attributes
    ----------
    font_size : float
        The largest at which everything fits, points.
    centres : mapping of str to (float, float)
        Middle of each node's box.
    routes : mapping of (str, str) to tuple of (float, float)
        For each edge, keyed by its upper and lower end, a Bezier curve: the start,
        then three control points for each cubic piece.
    """

    font_size: float
    centres: Mapping[str, Point]
    routes: Mapping[tuple[str, str], tuple[Point, ...]]


@dataclass(frozen=True)
class _Layers:
    """Items in layers: nodes 0 to n-1, then one item for each layer an edge passes."""

    rows: list[list[int]]
    chains: dict[Pair, list[int]]
    above: dict[int, list[int]]
    below: dict[int, list[int]]
    widths: list[float]
    heights: list[float]
    boxes: list[float]
    n_nodes: int


def layered(
    graph: Graph,
    boxes: Mapping[str, Point],
    width: float,
    height: float,
    *,
    largest: float = 11.0,
) -> Layout:
    """Place a graph in layers from top to bottom along the causal order.

    Parameters
    ----------
    graph : Graph
        Any marks; undirected edges follow a consistent extension where there is one.
    boxes : mapping of str to (float, float)
        Width and height of each node's box at a font size of one point.
    width, height : float
        Of the page, in points.
    largest : float, optional
        Largest font size, points.

    Returns
    -------
    Layout
        Boxes do not overlap, and no edge passes through the box of another node. It
        does not depend on the order of the nodes: ties are broken by name.

    Notes
    -----
    Sugiyama, Tagawa and Toda (1981), *Methods for visual understanding of hierarchical
    system structures*; layers of least total edge length and weights that straighten
    long edges from Gansner et al. (1993), *A technique for drawing directed graphs*,
    sections 2 and 4.

    Examples
    --------
    >>> g = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    >>> placed = layered(g, dict.fromkeys("abc", (2.0, 1.5)), 200.0, 200.0)
    >>> [placed.centres[v][1] < placed.centres[w][1] for v, w in ["ab", "bc"]]
    [True, True]
    """
    order = graph.names
    graph = graph.reorder(sorted(order))  # so that ties are broken by name
    pairs = _pairs(graph)
    linked = {i for pair in pairs for i in pair}
    alone = [i for i in range(len(graph.names)) if i not in linked]
    sizes = [boxes[name] for name in graph.names]
    ranks = _ranks(len(sizes), pairs)
    size = largest
    while True:
        page = (width / size, height / size)
        apart, tall = _apart(alone, sizes, page[0])
        rows = _split(ranks, pairs, linked, sizes, page[0])
        layers = _layers(pairs, rows, sizes)
        wide = max((sizes[i][0] for i in alone), default=0.0)
        fits = wide <= page[0] and _fits(layers, page[0], page[1] - tall)
        if fits or size < 1e-3:
            break
        size *= SHRINK
    centres, routes, used = _placed(layers, page[0], page[1] - tall)
    centres |= {i: (x, y + used) for i, (x, y) in apart.items()}
    top = max(0.0, page[1] - tall - used) / 2
    names = graph.names

    def on_page(point: Point) -> Point:
        return point[0] * size, (point[1] + top) * size

    return Layout(
        size,
        {name: on_page(centres[graph.index(name)]) for name in order},
        {
            (names[i], names[j]): tuple(map(on_page, route))
            for (i, j), route in routes.items()
        },
    )


def _apart(
    alone: Sequence[int], sizes: Sequence[Point], width: float
) -> tuple[dict[int, Point], float]:
    """Nodes without edges in rows of their own, from 0 down; the height they take."""
    rows: list[list[int]] = []
    for i in alone:
        if not rows or sum(sizes[k][0] + MIN_BESIDE for k in [*rows[-1], i]) > width:
            rows.append([])
        rows[-1].append(i)
    found: dict[int, Point] = {}
    y = 0.0
    for row in rows:
        y += ROW_GAP if y else APART
        tall = max(sizes[i][1] for i in row)
        x = (width - sum(sizes[i][0] for i in row) - MIN_BESIDE * (len(row) - 1)) / 2
        for i in row:
            found[i] = (x + sizes[i][0] / 2, y + tall / 2)
            x += sizes[i][0] + MIN_BESIDE
        y += tall
    return found, y


# --- layers ---------------------------------------------------------------------------


def _pairs(graph: Graph) -> list[Pair]:
    """Adjacent positions, the causally earlier first."""
    try:
        order = consistent_extension(graph).topological_order()
    except GraphError:
        try:
            order = graph.topological_order()
        except GraphError:
            order = graph.names
    at = {name: k for k, name in enumerate(order)}
    place = [at[name] for name in graph.names]
    both = ((int(i), int(j)) for i, j in np.argwhere(np.triu(graph.adjacencies)))
    return [(i, j) if place[i] < place[j] else (j, i) for i, j in both]


def _ranks(n: int, pairs: Sequence[Pair]) -> list[int]:
    """Layers of least total edge length: a linear program with integer corners."""
    from scipy.optimize import linprog

    if not pairs:
        return [0] * n
    steps = np.zeros((len(pairs), n))
    for row, (i, j) in enumerate(pairs):
        steps[row, i], steps[row, j] = 1.0, -1.0
    found = linprog(
        -steps.sum(axis=0), A_ub=steps, b_ub=-np.ones(len(pairs)),
        bounds=(0, n), method="highs-ds",
    )  # fmt: skip
    ranks = np.rint(found.x).astype(int)
    for part in _parts(n, pairs):  # each part begins at the top
        ranks[part] -= ranks[part].min()
    return [int(rank) for rank in ranks]


def _parts(n: int, pairs: Sequence[Pair]) -> list[list[int]]:
    """Nodes that are connected, part by part."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array(pairs).T
    links = coo_array((np.ones(len(pairs)), (ends[0], ends[1])), shape=(n, n))
    _, label = connected_components(links, directed=False)
    return [np.flatnonzero(label == k).tolist() for k in np.unique(label)]


def _split(
    ranks: Sequence[int],
    pairs: Sequence[Pair],
    linked: set[int],
    sizes: Sequence[Point],
    width: float,
) -> list[list[int]]:
    """Rows of nodes; a layer wider than the page becomes several."""
    down = dict.fromkeys(range(len(ranks)), 0)
    for i, j in pairs:
        down[i], down[j] = down[i] + 1, down[j] - 1
    rows: list[list[int]] = []
    for rank in sorted({ranks[i] for i in linked}):
        row = sorted(
            (i for i in linked if ranks[i] == rank), key=lambda i: (down[i], i)
        )
        total = sum(sizes[i][0] + MIN_BESIDE for i in row)
        parts = min(len(row), int(np.ceil(total / (0.85 * width))))
        cuts = np.array_split(np.array(row), parts)
        rows.extend(sorted(int(i) for i in cut) for cut in cuts)
    return rows


def _layers(
    pairs: Sequence[Pair], rows: list[list[int]], sizes: Sequence[Point]
) -> _Layers:
    rows = [list(row) for row in rows]
    at = {i: r for r, row in enumerate(rows) for i in row}
    widths = [w for w, _ in sizes]
    heights = [max((sizes[i][1] for i in row), default=0.0) for row in rows]
    chains: dict[Pair, list[int]] = {}
    for i, j in pairs:
        chain = [i]
        for rank in range(at[i] + 1, at[j]):
            rows[rank].append(len(widths))
            chain.append(len(widths))
            widths.append(LANE)
        chains[i, j] = [*chain, j]
    above: dict[int, list[int]] = {i: [] for row in rows for i in row}
    below: dict[int, list[int]] = {i: [] for row in rows for i in row}
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            above[lower].append(upper)
            below[upper].append(lower)
    return _Layers(rows, chains, above, below, widths, heights,
                   [h for _, h in sizes], len(sizes))  # fmt: skip


def _beside(layers: _Layers, row: Sequence[int], gap: float) -> list[float]:
    """Distance between the middles of neighbours in a row."""
    found: list[float] = []
    for i, j in pairwise(row):
        lanes = (i >= layers.n_nodes) + (j >= layers.n_nodes)
        between = (gap, max(0.6, 0.25 * gap), max(0.45, 0.25 * gap))[lanes]
        found.append((layers.widths[i] + layers.widths[j]) / 2 + between)
    return found


def _row_width(layers: _Layers, row: Sequence[int], gap: float) -> float:
    ends = layers.widths[row[0]] / 2 + layers.widths[row[-1]] / 2
    return sum(_beside(layers, row, gap)) + ends


def _fits(layers: _Layers, width: float, height: float) -> bool:
    tall = sum(layers.heights) + MIN_GAP * max(0, len(layers.rows) - 1)
    # Neighbours are not yet in order, so every gap counts as between two nodes.
    return tall <= height and all(
        sum(layers.widths[i] + MIN_BESIDE for i in row) <= width for row in layers.rows
    )


# --- order within layers --------------------------------------------------------------


def _ordered(layers: _Layers) -> list[list[int]]:
    """Rows with few crossings: barycentres, then swaps of neighbours."""
    best: list[list[int]] = []
    least = np.inf
    for start in _starts(layers):
        rows, stale = start, 0
        for sweep in range(2 * SWEEPS):
            rows = _sweep(layers, rows, downwards=sweep % 2 == 0)
            _swap(layers, rows)
            crossings = _crossings(layers, rows)
            stale += 1
            if crossings < least:
                best, least, stale = [list(row) for row in rows], crossings, 0
            if least == 0 or stale > PATIENCE:
                break
        if least == 0:
            break
    return best


def _starts(layers: _Layers) -> Iterator[list[list[int]]]:
    yield _by_depth(layers, 1)
    yield _by_depth(layers, -1)
    rng = np.random.default_rng(0)  # always the same draws, for the same picture
    for _ in range(SHUFFLES):
        yield [[int(i) for i in rng.permutation(row)] for row in layers.rows]


def _by_depth(layers: _Layers, step: int) -> list[list[int]]:
    """Rows in the order of a depth-first walk, so that components stay together."""
    seen: dict[int, int] = {}
    for start in [i for row in layers.rows for i in row][::step]:
        waiting = [start]
        while waiting:
            item = waiting.pop()
            if item not in seen:
                seen[item] = len(seen)
                near = layers.above[item] + layers.below[item]
                waiting.extend(near[::-step])
    return [sorted(row, key=lambda i: seen[i]) for row in layers.rows]


def _sweep(
    layers: _Layers, rows: Sequence[Sequence[int]], *, downwards: bool
) -> list[list[int]]:
    near = layers.above if downwards else layers.below
    found = [list(row) for row in rows]
    order = range(1, len(found)) if downwards else range(len(found) - 2, -1, -1)
    for r in order:
        fixed = found[r - 1] if downwards else found[r + 1]
        at = {i: k / max(1, len(fixed) - 1) for k, i in enumerate(fixed)}
        row = found[r]
        own = {i: k / max(1, len(row) - 1) for k, i in enumerate(row)}
        key = {
            i: float(np.mean([at[j] for j in near[i]])) if near[i] else own[i]
            for i in row
        }
        found[r] = sorted(row, key=lambda i: key[i])
    return found


def _swap(layers: _Layers, rows: list[list[int]]) -> None:
    """Exchange neighbours while that removes crossings."""
    for _ in range(4):
        changed = False
        for r, row in enumerate(rows):
            sides = [(layers.above, rows[r - 1])] if r else []
            sides += [(layers.below, rows[r + 1])] if r + 1 < len(rows) else []
            places = [(near, {i: k for k, i in enumerate(x)}) for near, x in sides]
            for k in range(len(row) - 1):
                i, j = row[k], row[k + 1]
                gain = sum(
                    _pair_crossings([at[x] for x in near[i]], [at[x] for x in near[j]])
                    for near, at in places
                )
                if gain > 0:
                    row[k], row[k + 1] = j, i
                    changed = True
        if not changed:
            return


def _pair_crossings(left: Sequence[int], right: Sequence[int]) -> int:
    """Crossings that go, less those that come, when two neighbours change places."""
    return sum((a > b) - (a < b) for a in left for b in right)


def _crossings(layers: _Layers, rows: Sequence[Sequence[int]]) -> int:
    total = 0
    for upper, lower in pairwise(rows):
        at = {i: k for k, i in enumerate(lower)}
        ends = np.array(
            [(k, at[j]) for k, i in enumerate(upper) for j in layers.below[i]]
        ).reshape(-1, 2)
        apart = np.sign(ends[:, None] - ends[None])
        total += int((apart[..., 0] * apart[..., 1] < 0).sum()) // 2
    return total


# --- coordinates ----------------------------------------------------------------------


def _nearest(
    wanted: Sequence[float],
    weights: Sequence[float],
    apart: Sequence[float],
    low: float,
    high: float,
) -> list[float]:
    """Closest places (weighted squares) that keep order, distances and both ends."""
    offsets = np.concatenate([[0.0], np.cumsum(apart)])
    blocks: list[list[float]] = []  # mean, weight, count: pool adjacent violators
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        blocks.append([want - float(offset), weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, heavy, count = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + mean * heavy) / (last[1] + heavy)
            last[1] += heavy
            last[2] += count
    even = np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])
    return [float(x) for x in np.clip(even, low, high - offsets[-1]) + offsets]


def _across(layers: _Layers, rows: list[list[int]], width: float) -> dict[int, float]:
    """Horizontal places: edges as upright as possible, long ones first of all."""
    gap = MAX_BESIDE
    while gap > MIN_BESIDE and any(_row_width(layers, r, gap) > width for r in rows):
        gap = max(MIN_BESIDE, gap * 0.93)
    apart = [_beside(layers, row, gap) for row in rows]
    x: dict[int, float] = {}
    for row, distances in zip(rows, apart, strict=True):
        span = [0.0, *np.cumsum(distances)]
        x.update(zip(row, (width - span[-1]) / 2 + np.array(span), strict=True))
    forwards = list(range(len(rows)))
    for sweep in range(60):
        # The first sweeps look at one side only, or else the start is hardly left.
        sides = (layers.above, layers.below)
        if sweep < 4:
            sides = (sides[sweep % 2],)
        for r in forwards if sweep % 2 == 0 else forwards[::-1]:
            row = rows[r]
            wanted: list[float] = []
            weights: list[float] = []
            for i in row:
                pulls = [(_pull(layers, i, j), x[j]) for side in sides for j in side[i]]
                total = sum(w for w, _ in pulls)
                here = float(x[i])
                wanted.append(sum(w * at for w, at in pulls) / total if total else here)
                weights.append(total or 0.01)
            ends = layers.widths[row[0]] / 2, width - layers.widths[row[-1]] / 2
            places = _nearest(wanted, weights, apart[r], *ends)
            x.update(zip(row, places, strict=True))
    return {i: float(place) for i, place in x.items()}


def _pull(layers: _Layers, i: int, j: int) -> float:
    return (1.0, 1.5, 3.0)[(i >= layers.n_nodes) + (j >= layers.n_nodes)]


def _tops(layers: _Layers, x: Mapping[int, float], height: float) -> list[float]:
    """Top of each row; gaps grow with the way that edges go sideways in them."""
    wide = [
        max((abs(x[i] - x[j]) for i in row for j in layers.below[i]), default=0.0)
        for row in layers.rows[:-1]
    ]
    spare = max(0.0, height - sum(layers.heights) - MIN_GAP * len(wide))
    wish = [float(np.clip(0.35 * w, 1.2, MAX_GAP - MIN_GAP)) for w in wide]
    share = min(1.0, spare / sum(wish)) if wish else 0.0
    tops = [0.0]
    for own, more in zip(layers.heights, wish, strict=False):
        tops.append(tops[-1] + own + MIN_GAP + share * more)
    return tops[: len(layers.rows)]


def _placed(
    layers: _Layers, width: float, height: float
) -> tuple[dict[int, Point], dict[Pair, list[Point]], float]:
    """Middles of nodes, ways of edges, and the height used."""
    if not layers.rows:
        return {}, {}, 0.0
    rows = _ordered(layers)
    x = _across(layers, rows, width)
    left = min(x[i] - layers.widths[i] / 2 for i in x)
    right = max(x[i] + layers.widths[i] / 2 for i in x)
    x = {i: place + (width - left - right) / 2 for i, place in x.items()}
    tops = _tops(layers, x, height)
    bands = {
        i: (top, top + tall)
        for row, top, tall in zip(rows, tops, layers.heights, strict=True)
        for i in row
    }
    nodes = {i: (x[i], sum(bands[i]) / 2) for i in sorted(x) if i < layers.n_nodes}
    routes = {
        # A curve lies within its control points, so these keep it on the page.
        pair: [(float(np.clip(at, 0.0, width)), y) for at, y in route]
        for pair, route in _routes(layers, rows, x, bands).items()
    }
    return nodes, routes, tops[-1] + layers.heights[-1]


# --- ways of edges --------------------------------------------------------------------


def _ports(
    layers: _Layers, i: int, near: Sequence[int], x: Mapping[int, float]
) -> dict[int, float]:
    """Where edges meet a node's side: in the order of their other ends, spread."""
    if not near:
        return {}
    half = layers.widths[i] / 2 - min(0.5, 0.2 * layers.widths[i])
    near = sorted(near, key=lambda j: (x[j], j))
    between = min(0.9, 2 * half / max(1, len(near) - 1))
    wanted = [x[i] + float(np.clip((x[j] - x[i]) / 2, -half, half)) for j in near]
    places = _nearest(
        wanted, [1.0] * len(near), [between] * (len(near) - 1), x[i] - half, x[i] + half
    )
    return dict(zip(near, places, strict=True))


def _lanes(
    layers: _Layers, rows: Sequence[Sequence[int]], x: Mapping[int, float]
) -> dict[int, tuple[float, float]]:
    """How far left and right an edge may go while it passes a layer."""
    found: dict[int, tuple[float, float]] = {}
    for row in rows:
        for k, i in enumerate(row):
            if i < layers.n_nodes:
                continue
            left = _room(layers, i, row[k - 1], x) if k else np.inf
            right = _room(layers, i, row[k + 1], x) if k + 1 < len(row) else np.inf
            found[i] = x[i] - left, x[i] + right
    return found


def _room(layers: _Layers, i: int, j: int, x: Mapping[int, float]) -> float:
    """To the box of a neighbour in the row, or half the way to the next edge."""
    away = abs(x[i] - x[j])
    if j < layers.n_nodes:
        return max(0.0, away - layers.widths[j] / 2 - 0.3)
    return max(0.0, away / 2 - 0.15)


def _routes(
    layers: _Layers,
    rows: Sequence[Sequence[int]],
    x: Mapping[int, float],
    bands: Mapping[int, tuple[float, float]],
) -> dict[Pair, list[Point]]:
    nodes = range(layers.n_nodes)
    out = {i: _ports(layers, i, layers.below[i], x) for i in x if i in nodes}
    into = {i: _ports(layers, i, layers.above[i], x) for i in x if i in nodes}
    lanes = _lanes(layers, rows, x)
    found: dict[Pair, list[Point]] = {}
    for (i, j), chain in layers.chains.items():
        ends = out[i][chain[1]], into[j][chain[-2]]
        found[i, j] = _curve(layers, chain, ends, bands, lanes)
    return found


def _curve(
    layers: _Layers,
    chain: Sequence[int],
    ends: tuple[float, float],
    bands: Mapping[int, tuple[float, float]],
    lanes: Mapping[int, tuple[float, float]],
) -> list[Point]:
    """A smooth way, as straight as the layers that it passes allow."""
    ys: list[float] = []
    low: list[float] = []
    high: list[float] = []
    for k, item in enumerate(chain):
        top, bottom = bands[item]
        if 0 < k < len(chain) - 1:
            levels, room = [top, bottom], lanes[item]
        else:
            sign = 1 if k == 0 else -1
            box = (top + bottom) / 2 + sign * layers.boxes[item] / 2
            band = bottom if k == 0 else top
            # a low box in a high band: straight to the band's edge first
            levels = [box] if abs(box - band) < 1e-9 else [box, band][::sign]
            room = (ends[min(k, 1)],) * 2
        ys += levels
        low += [room[0]] * len(levels)
        high += [room[1]] * len(levels)
    return smooth_way(ys, low, high)
