"""Graphs in other programs' forms; ``conventions`` holds what each means by an edge."""

from llmcd.formats.causal_learn import from_causal_learn, to_causal_learn
from llmcd.formats.dagitty import from_dagitty, roles_from_dagitty, to_dagitty
from llmcd.formats.dot import from_dot, to_dot
from llmcd.formats.equations import from_bnlearn, from_lavaan, to_bnlearn, to_lavaan
from llmcd.formats.exchange import (
    from_gml,
    from_graphml,
    from_networkx,
    from_node_link,
    to_gml,
    to_graphml,
    to_networkx,
    to_node_link,
)
from llmcd.formats.registry import FORMATS, Format, read, write
from llmcd.formats.tables import (
    from_adjacency,
    from_adjacency_csv,
    from_edge_list,
    from_edge_list_csv,
    from_pcalg,
    from_pcalg_csv,
    to_adjacency,
    to_adjacency_csv,
    to_edge_list,
    to_edge_list_csv,
    to_pcalg,
    to_pcalg_csv,
)
from llmcd.formats.tetrad import (
    from_tetrad,
    from_tetrad_knowledge,
    to_tetrad,
    to_tetrad_knowledge,
)

__all__ = [
    "FORMATS",
    "Format",
    "from_adjacency",
    "from_adjacency_csv",
    "from_bnlearn",
    "from_causal_learn",
    "from_dagitty",
    "from_dot",
    "from_edge_list",
    "from_edge_list_csv",
    "from_gml",
    "from_graphml",
    "from_lavaan",
    "from_networkx",
    "from_node_link",
    "from_pcalg",
    "from_pcalg_csv",
    "from_tetrad",
    "from_tetrad_knowledge",
    "read",
    "roles_from_dagitty",
    "to_adjacency",
    "to_adjacency_csv",
    "to_bnlearn",
    "to_causal_learn",
    "to_dagitty",
    "to_dot",
    "to_edge_list",
    "to_edge_list_csv",
    "to_gml",
    "to_graphml",
    "to_lavaan",
    "to_networkx",
    "to_node_link",
    "to_pcalg",
    "to_pcalg_csv",
    "to_tetrad",
    "to_tetrad_knowledge",
    "write",
]
