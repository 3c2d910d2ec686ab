"""The labels of the actions of all apps in the audit log, by the names passed to audited transactions."""

from collections.abc import Mapping

from django.utils.translation import pgettext_lazy

from skeleton.kernel.translation import Text

ACTIONS: Mapping[str, Text] = {
    "create": pgettext_lazy("audit log", "Created"),
    "insert": pgettext_lazy("audit log", "Created"),
    "update": pgettext_lazy("audit log", "Changed"),
    "delete": pgettext_lazy("audit log", "Deleted"),
    "import": pgettext_lazy("audit log", "Imported"),
    "seed": pgettext_lazy("audit log", "Set up"),
    "test": pgettext_lazy("audit log", "Test"),
    "send": pgettext_lazy("audit log", "Sent"),
    "cancel": pgettext_lazy("audit log", "Cancelled"),
    "record_payment": pgettext_lazy("audit log", "Payment recorded"),
    "allocate": pgettext_lazy("audit log", "Allocated"),
    "unallocate": pgettext_lazy("audit log", "Allocation undone"),
    "refund": pgettext_lazy("audit log", "Refunded"),
    "write_off": pgettext_lazy("audit log", "Written off"),
    "undo_write_off": pgettext_lazy("audit log", "Write-off undone"),
    "issue": pgettext_lazy("audit log", "Issued"),
    "invoice": pgettext_lazy("audit log", "Invoiced"),
    "email": pgettext_lazy("audit log", "Sent by e-mail"),
    "remind": pgettext_lazy("audit log", "Reminded"),
    "overdue": pgettext_lazy("audit log", "Reported as overdue"),
    "add_line": pgettext_lazy("audit log", "Line added"),
    "update_line": pgettext_lazy("audit log", "Line changed"),
    "delete_line": pgettext_lazy("audit log", "Line deleted"),
    "submit": pgettext_lazy("audit log", "Submitted"),
    "confirm": pgettext_lazy("audit log", "Confirmed"),
    "ship": pgettext_lazy("audit log", "Shipped"),
    "deliver": pgettext_lazy("audit log", "Delivered"),
    "change_status": pgettext_lazy("audit log", "Status changed"),
    "approve": pgettext_lazy("audit log", "Approved"),
    "reject": pgettext_lazy("audit log", "Rejected"),
    "activate": pgettext_lazy("audit log", "Activated"),
    "deactivate": pgettext_lazy("audit log", "Deactivated"),
    "blacklist": pgettext_lazy("audit log", "Blacklisted"),
    "terminate": pgettext_lazy("audit log", "Terminated"),
    "renew": pgettext_lazy("audit log", "Renewed"),
    "payment-terms": pgettext_lazy("audit log", "Payment terms changed"),
    "delivery-terms": pgettext_lazy("audit log", "Delivery terms changed"),
    "expire": pgettext_lazy("audit log", "Expired"),
    "notice": pgettext_lazy("audit log", "Notice given"),
    "post": pgettext_lazy("audit log", "Posted"),
    "reverse": pgettext_lazy("audit log", "Reversed"),
    "open": pgettext_lazy("audit log", "Balances taken over"),
    "close": pgettext_lazy("audit log", "Closed"),
    "reopen": pgettext_lazy("audit log", "Reopened"),
    "receive": pgettext_lazy("audit log", "Received"),
    "adjust": pgettext_lazy("audit log", "Adjusted"),
    "transfer": pgettext_lazy("audit log", "Transferred"),
    "reserve": pgettext_lazy("audit log", "Reserved"),
    "fulfill": pgettext_lazy("audit log", "Fulfilled"),
    "release": pgettext_lazy("audit log", "Released"),
    "archive": pgettext_lazy("audit log", "Archived"),
    "unarchive": pgettext_lazy("audit log", "Taken out of the archive"),
    "add_member": pgettext_lazy("audit log", "Member added"),
    "remove_member": pgettext_lazy("audit log", "Member removed"),
    "edit": pgettext_lazy("audit log", "Edited"),
    "read": pgettext_lazy("audit log", "Read"),
    "assign_role": pgettext_lazy("audit log", "Role given"),
    "remove_role": pgettext_lazy("audit log", "Role taken away"),
    "change_password": pgettext_lazy("audit log", "Password changed"),
    "update_preferences": pgettext_lazy("audit log", "Preferences changed"),
    "run_now": pgettext_lazy("audit log", "Run now"),
    "send_again": pgettext_lazy("audit log", "Sent again"),
    "sweep": pgettext_lazy("audit log", "Cleaned up"),
}


def label_of(action: str) -> Text:
    """Return the label of an action, or its name if it is unknown, as in entries of earlier versions."""
    return ACTIONS.get(action) or action.replace("_", " ")
