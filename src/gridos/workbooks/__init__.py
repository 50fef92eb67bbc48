"""
Who owns a workbook, who else may see or change it, and the log of what was changed.

Nothing here knows what a formula is, or a secret.
"""

from gridos.workbooks.log import Op, Snapshot, WorkbookLog
from gridos.workbooks.roles import Person, Role, Workbook
from gridos.workbooks.sharing import Collaborator, Invitation, PendingInvite, Sharing, SharingStore
from gridos.workbooks.workbooks import Workbooks, WorkbookStore

__all__ = [
    "Collaborator",
    "Invitation",
    "Op",
    "PendingInvite",
    "Person",
    "Role",
    "Sharing",
    "SharingStore",
    "Snapshot",
    "Workbook",
    "WorkbookLog",
    "WorkbookStore",
    "Workbooks",
]
