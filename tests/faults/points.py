"""Every point that must fire: one in each gap between two effects of a step.

A new effect is a new point: the matrix fails until it is named here, and when one that
is named here is never reached.
"""

POINTS = frozenset(
    {
        "Compose File: abort_multipart_upload",
        "Compose File: complete_multipart_upload",
        "Compose File: create_multipart_upload",
        "Compose File: record_file",
        "Compose File: upload_part",
        "Finish Run: acknowledge_start",
        "Finish Run: append_audit",
        "Finish Run: insert_start",
        "Finish Run: start_execution",
        "Plan Pages: freeze_plan",
        "Record Failure: acknowledge_start",
        "Record Failure: append_audit",
        "Record Failure: insert_email",
        "Record Failure: insert_start",
        "Record Failure: start_execution",
        "Send Email: claim_email",
        "Send Email: release_email",
        "Send Email: send_email",
        "Send Email: settle_email",
        "Send Failure Email: claim_email",
        "Send Failure Email: send_email",
        "Send Failure Email: settle_email",
        "Write Page: count_progress",
        "Write Page: put_object",
        "cancel: acknowledge_start",
        "cancel: append_audit",
        "cancel: delete_objects",
        "cancel: insert_start",
        "cancel: start_execution",
        "cancel: stop_execution",
        "retry: acknowledge_start",
        "retry: insert_start",
        "retry: start_execution",
        "start: acknowledge_start",
        "start: append_audit",
        "start: insert_start",
        "start: start_execution",
        "sweep: acknowledge_start",
        "sweep: claim_email",
        "sweep: insert_start",
        "sweep: leftovers_removed",
        "sweep: send_email",
        "sweep: settle_email",
        "sweep: start_execution",
    }
)
