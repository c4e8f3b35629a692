"""Names of columns that MAGNET gives to what HELM's files hold."""

from runner.contract.layout import STAT_NAME_PREFIX

STATES = "request_states"
STATE_INSTANCE_ID = f"scenario_state.{STATES}.instance.id"
STAT_NAME = f"{STAT_NAME_PREFIX}name"
ENTRY = "per_instance_stats."
ENTRY_ID = f"{ENTRY}instance_id"
