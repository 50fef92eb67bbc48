"""
Which tests show what becomes of each attack.

A test is named by its file below `tests`, or by its path from the root for those of the web app. `waits_for` is the
route of a feature that does not exist yet; a test fails as soon as it does, until its own tests are named here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One attack, by its number in the threat table."""

    attack: str
    tests: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()


EXPORTS = ("/workbook/{workbook}/export.xlsx", "/workbook/{workbook}/export.json")
ROUTES, VAULT = "plugin_secrets/test_routes.py", "plugin_secrets/test_vault.py"
SECRETS, TOKENS = "plugin_secrets/test_secret.py", "accounts/test_tokens.py"
ADDRESSES, LOADING, LOCK = "fetching/test_addressing.py", "plugins/test_loading.py", "isolation/test_lock.py"
POSTGRES, LEAKS, OUT = "plugin_secrets/test_postgres.py", "journeys/test_leaks.py", "attacks/test_way_out.py"
HTTP, KERNEL, FETCHER = "fetching/test_http.py", "plugins/test_kernel.py", "fetching/test_fetcher.py"
FORM = "ui/src/plugin-secrets/ConfigureDialog.test.tsx"


def tests(*names: str) -> tuple[str, ...]:
    """`file::test`, the file told once for all that follow it."""
    found, file = list[str](), ""
    for name in names:
        file = name if name.endswith((".py", ".tsx")) else file
        found += [] if name == file else [f"{file}::{name}"]
    return tuple(found)


ROWS = {
    1: Row("GET after PUT", tests(ROUTES, "test_get_has_three_members", LEAKS, "test_no_secret_is_anywhere")),
    2: Row("PUT null, list, object, broken JSON", tests(ROUTES, "test_a_refused_body_stores_and_repeats_nothing")),
    3: Row(
        "PUT undeclared key; other slugs",
        tests(ROUTES, "test_an_unknown_slug_is_not_found", "test_a_refused_body_stores_and_repeats_nothing"),
    ),
    4: Row(
        "PUT 100 KB; 9 KB value; control characters; a mask",
        tests(ROUTES, "test_a_large_body_is_cut_off", "test_a_refused_body_stores_and_repeats_nothing"),
    ),
    5: Row(
        "one bad key in a batch; one field edited in the form",
        tests(VAULT, "test_one_bad_entry_spoils_the_batch", "test_a_batch_replaces_deletes_and_leaves")
        + tests(FORM, "sends the one replaced key alone when two are set"),
    ),
    6: Row(
        "DELETE twice, or of a removed plugin",
        tests(ROUTES, "test_nothing_to_change_is_a_success", "test_deleting_leaves_other_rows")
        + tests(VAULT, "test_wiping_ends_one_connection_only"),
    ),
    7: Row(
        "B at A's rows by API and by SQL",
        tests(POSTGRES, "test_nobody_else_reaches_the_rows", "test_writing_in_another_name_is_refused")
        + tests("db/test_catalog.py", "test_stranger_reads", "test_stranger_writes_in_another_name")
        + tests("plugin_secrets/test_verify_routes.py", "test_another_users_connection_is_out_of_reach"),
    ),
    8: Row(
        "the routes in oss",
        tests("web/test_single_user.py", "test_secrets_accounts_and_sharing_do_not_exist")
        + tests("journeys/test_single_user.py", "test_there_are_no_settings_for_secrets"),
    ),
    9: Row(
        "grep dump, data dir, WAL, statement log",
        tests(POSTGRES, "test_no_row_holds_a_value", "test_no_file_holds_a_value", LEAKS, "test_no_secret_is_anywhere"),
    ),
    10: Row(
        "ciphertext moved to other user, plugin, key; bit flipped, cut",
        tests(POSTGRES, "test_tampered_rows_are_unreadable", "test_a_row_moved_to_another_user_is_unreadable")
        + tests("plugin_secrets/test_sealing.py", "test_every_flipped_bit_is_noticed", "test_every_cut_is_noticed")
        + tests(
            "plugin_secrets/test_sealing.py",
            "test_a_moved_value_does_not_open",
            "test_another_users_value_does_not_open",
        )
        + tests("plugin_secrets/test_opening.py", "test_half_a_connection_is_never_opened")
        + tests("fetching/test_running.py", "test_a_connection_that_cannot_be_opened"),
    ),
    11: Row("plaintext INSERT", tests(POSTGRES, "test_the_column_refuses_plaintext")),
    12: Row(
        "wrong, missing, 0644, zero root key",
        tests(POSTGRES, "test_locked_rows_stay_as_they_are")
        + tests("journeys/test_outages.py", "test_a_wrong_root_key_locks_and_the_right_one_heals")
        + tests("plugin_secrets/test_key_ring.py", "test_what_is_no_root_key_is_refused")
        + tests("journeys/test_commands.py", "test_a_key_file_open_to_others_is_not_used", "test_vault"),
    ),
    13: Row(
        "rotation during evaluations",
        tests("plugin_secrets/test_rotating.py", "test_no_evaluation_fails_while_keys_are_rotated")
        + tests(
            "journeys/test_outages.py", "test_rotating_fails_no_read", "test_a_renewal_that_is_killed_loses_nothing"
        ),
    ),
    14: Row("deleted account's row put back", tests(POSTGRES, "test_rows_of_a_deleted_account_stay_unreadable")),
    15: Row("any formula", tests("attacks/test_formulas.py", "test_no_formula_names_a_secret")),
    16: Row(
        "upstream 401, 403, 429, 500, HTML, timeout",
        tests(HTTP, "test_statuses", "test_bad_days", "test_what_is_not_json", LEAKS, "test_no_secret_is_anywhere"),
    ),
    17: Row(
        "upstream echoes our headers, base64 too",
        tests("fetching/test_scanning.py", "test_disguises", "test_base64_at_every_alignment")
        + tests("fetching/test_holding.py", "test_an_echo_of_a_token_that_was_replaced_meanwhile")
        + tests(LEAKS, "test_what_upstream_echoes_is_blocked", "test_it_was_a_long_day"),
    ),
    18: Row(
        "plugin raises, prints, logs its secret",
        tests("journeys/test_operators_plugins.py", "test_a_plugin_that_talks_tells_nobody")
        + tests("fetching/test_running.py", "test_a_plugin_that_raises", LEAKS, "test_no_secret_is_anywhere"),
    ),
    19: Row(
        "DEBUG logs of aiohttp, uvicorn, psycopg",
        tests(HTTP, "test_logs_hold_no_secret", LEAKS, "test_no_secret_is_anywhere")
        + tests("app/test_logs.py", "test_a_plugins_own_logger_is_not_heard", "test_what_is_open_now_is_blanked"),
    ),
    20: Row(
        "xlsx, json, undo, frames, cache, metrics, openapi",
        tests(LEAKS, "test_no_secret_is_anywhere", "web/test_service.py", "test_metrics_name_nobody"),
        waits_for=EXPORTS,
    ),
    21: Row(
        "Configure form",
        tests(FORM, "leaves no value anywhere after saving")
        + tests(FORM, "draws a value that is no secret as plain text and keeps password managers from the others")
        + tests("browser/test_journey.py", "test_a_newcomers_first_day"),
    ),
    22: Row(
        "pickle, json, copy, compare a Secret; core dump",
        tests(SECRETS, "test_is_no_data", "test_is_never_printed", "test_a_form_cannot_be_dumped")
        + tests("plugin_secrets/test_sealing.py", "test_keys_are_no_data")
        + tests("app/test_hardening.py", "test_memory_is_out_of_reach")
        + tests("journeys/test_single_user.py", "test_a_crash_leaves_no_memory_behind"),
    ),
    23: Row(
        "arguments as parts of an address",
        tests(OUT, "test_arguments_make_no_other_address")
        + tests(ADDRESSES, "test_paths_stay_below_the_base", "test_paths_that_could_lead_elsewhere")
        + tests("github/test_wrong_numbers.py", "test_argument_as_part_of_an_address"),
    ),
    24: Row(
        "STORE_DOMAIN of another host",
        tests("plugins/test_secret_slot.py", "test_a_foreign_host_is_refused", "test_a_refusal_never_repeats_the_value")
        + tests(HTTP, "test_a_base_address_is_checked_at_use"),
    ),
    25: Row(
        "special ranges in every spelling",
        tests(OUT, "test_no_spelling_of_an_address_is_dialled", "test_the_spellings_are_addresses")
        + tests("fetching/test_egress.py", "test_special_addresses_are_refused", "test_dialling_checks_once_more"),
    ),
    26: Row(
        "mixed answers; rebinding",
        tests(OUT, "test_mixed_answers_dial_nothing", "test_a_name_that_is_rebound_between_two_calls")
        + tests(OUT, "test_a_name_that_is_rebound_between_check_and_dial", "test_a_host_that_only_looks_declared"),
    ),
    27: Row("302 to metadata or another host", tests(HTTP, "test_redirects_are_not_followed")),
    28: Row(
        "proxies, .netrc; upstream Set-Cookie",
        tests(HTTP, "test_the_environment_has_no_effect", "test_cookies_are_not_kept")
        + tests(OUT, "test_proxies_and_netrc_of_the_operator"),
    ),
    29: Row(
        "operator allows one address and port",
        tests(OUT, "test_what_the_operator_allows_is_one_port", "test_a_manifest_opens_no_port")
        + tests("fetching/test_egress.py", "test_the_operators_list_is_exact"),
    ),
    30: Row(
        "gzip bomb, 1 GB, slow drip",
        tests(HTTP, "test_bad_days", "test_an_answer_has_eight_megabytes_at_most")
        + tests(HTTP, "test_a_slow_upstream_delays_only_itself", OUT, "test_an_upstream_that_never_stops")
        + tests(HTTP, "test_hints_without_end", "fetching/test_portions.py", "test_a_turn_takes_in_one_portion"),
    ),
    31: Row(
        "no or half a connection, operator's env set",
        tests("journeys/test_two_servers.py", "test_the_operators_key_is_nobodys", HTTP, "test_no_complete_way")
        + tests("web/test_single_user.py", "test_in_saas_the_environment_is_never_used"),
    ),
    32: Row(
        "database down",
        tests("journeys/test_outages.py", "test_a_missing_database_is_never_a_missing_key")
        + tests("live/test_asking.py", "test_a_database_that_is_down_is_no_missing_connection"),
    ),
    33: Row(
        "two owners, same call; replace; Disconnect",
        tests(FETCHER, "test_two_owners_get_their_own", "test_forgetting_a_connection_in_flight")
        + tests(FETCHER, "test_a_replaced_secret_has_no_old_answers", "test_forgetting_drops_answers")
        + tests("live/test_asking.py", "test_an_answer_under_way_when_the_connection_moves_is_dropped"),
    ),
    34: Row(
        "verify with a foreign host or connection",
        tests("live/test_verifying.py", "test_a_foreign_host_is_refused", "test_a_foreign_connection_is_out_of_reach")
        + tests("plugin_secrets/test_verify_routes.py", "test_a_foreign_host_or_connection_is_refused"),
    ),
    35: Row(
        "other slug, undeclared key, env_fallback",
        tests(KERNEL, "test_other_secrets_are_refused", "test_no_other_variable_is_ever_read"),
    ),
    36: Row(
        "get_secret at import, in register, after return",
        tests(KERNEL, "test_outside_a_call_there_is_nothing", "test_a_thread_that_kept_the_context_is_refused")
        + tests("plugins/test_loading.py", "test_reading_a_secret_in_register_fails_the_load"),
    ),
    37: Row(
        "plugin replaces SUM or another's function",
        tests(
            "plugins/test_loading.py", "test_the_first_folder_has_authority", "test_a_bad_plugin_leaves_nothing_behind"
        )
        + tests("journeys/test_operators_plugins.py", "test_what_works_beside_broken_plugins"),
    ),
    38: Row(
        "editor's new call: off, refresh, changed A1",
        waits_for=("/workbook/{workbook}/connectors", "/workbook/{workbook}/approvals"),
    ),
    39: Row("editor makes 10,000 calls", waits_for=("/workbook/{workbook}/activity",)),
    40: Row(
        "viewer opens, edits, refreshes, exports",
        tests("web/test_workbooks.py", "test_a_viewer_asks_nobody", "test_a_viewer_may_change_nothing")
        + tests("web/test_live_socket.py", "test_a_viewer_causes_no_call"),
        waits_for=EXPORTS,
    ),
    41: Row(
        "editor removed mid-call; copy",
        tests("web/test_live_socket.py", "test_removal_closes_and_keeps_the_answer_back")
        + tests("web/test_workbooks.py", "test_a_copy_uses_the_copiers_connection", "test_a_copy_keeps_no_answers"),
    ),
    42: Row(
        "plugin uninstalled or off",
        tests("live/test_asking.py", "test_a_plugin_the_owner_removed_stops_at_once")
        + tests("web/test_marketplace.py", "test_a_formula_of_a_removed_plugin_is_not_installed"),
    ),
    43: Row(
        "foreign Origin on socket, PUT, form; foreign Host in oss",
        tests("web/test_guarding.py", "test_other_sites_may_not_write", "test_oss_answers_to_its_own_names_only")
        + tests("web/test_live_socket.py", "test_a_foreign_page_gets_no_socket")
        + tests(ROUTES, "test_a_foreign_page_stores_nothing"),
    ),
    44: Row(
        "JWT none, HS/RS swap, expired, other aud; in query",
        tests(TOKENS, "test_the_header_does_not_choose_the_algorithm")
        + tests(
            TOKENS,
            "test_a_public_key_is_no_shared_secret",
            "test_an_expired_token_is_said_to_be_expired",
        )
        + tests(TOKENS, "test_a_claim_that_is_missing_or_wrong_refuses")
        + tests("accounts/test_routes.py", "test_a_token_in_the_address_is_ignored"),
    ),
    45: Row(
        "HTML in answers or manifests; formulas in exports",
        tests("browser/test_markup.py", "test_markup_is_text", "web/test_activity.py", "test_a_file_is_harmless")
        + tests("fetching/test_verifying.py", "test_an_account_is_one_line_of_text"),
        waits_for=EXPORTS,
    ),
    46: Row(
        "worker: files, parent, network, exec, spin, memory",
        tests(LOCK, "test_it_is_refused", "test_no_packet_leaves", "test_the_server_cannot_be_traced")
        + tests(LOCK, "test_the_kernel_is_not_even_asked", "test_no_capability_is_left", "test_memory_has_an_end")
        + tests("isolation/test_workers.py", "test_a_spin_is_ended"),
    ),
    47: Row(
        "client-sealed PUT: replay",
        tests("web/test_sealed_secrets.py", "test_it_is_refused_a_second_time", "test_an_old_invitation_is_refused"),
    ),
}
