"""The run folder: everything needed to audit or continue a run, and never a row."""

from llmcd.folder.answers import add_answers, load_answers
from llmcd.folder.files import (
    ANSWERS,
    CHANGES,
    REFINEMENT,
    STORE,
    VARIABLES,
    write_text,
)
from llmcd.folder.run import (
    load,
    load_beside,
    load_candidates,
    open_folder,
    save,
    save_beside,
    save_candidates,
)
from llmcd.folder.tables import (
    conflict_table,
    edge_attributes,
    edge_table,
    note_table,
    reliability_table,
)
from llmcd.folder.values import content_of, settings_of

__all__ = [
    "ANSWERS",
    "CHANGES",
    "REFINEMENT",
    "STORE",
    "VARIABLES",
    "add_answers",
    "conflict_table",
    "content_of",
    "edge_attributes",
    "edge_table",
    "load",
    "load_answers",
    "load_beside",
    "load_candidates",
    "note_table",
    "open_folder",
    "reliability_table",
    "save",
    "save_beside",
    "save_candidates",
    "settings_of",
    "write_text",
]
