"""What to do about a step or a run that failed, by its outcome."""

from __future__ import annotations

from connectors.outcomes import MEANINGS

_HINTS = {
    "connection_removed": "Choose another connection in the step, or use another one everywhere.",
    "connection_missing": "Choose a connection in the step, and save.",
    "connection_broken": "Mend the connection, then run this again from the failed step.",
    "connector_disabled": "Staff switched the connector off. Use another one, or ask them.",
    "not_authorized": "Authorize the connection, then run this again from the failed step.",
    "credential_missing": "Enter the credentials, then run this again from the failed step.",
    "invalid_arguments": "Correct the step's arguments, save, and run this with the live version.",
    "bad_expression": "Correct the expression, save, and run this with the live version.",
    "expression_failed": "Look at what earlier steps gave, and correct the expression.",
    "output_too_large": "Ask for less at a time, in pages or with a filter.",
    "not_a_list": "Look at what the step before gave, and name a list in it.",
    "not_a_number": "Give the loop a whole number.",
    "too_many_rounds": "Raise the limit of the loop, or give it less at a time.",
    "too_many_steps": "Split the work: let a loop start another workflow for each part.",
    "run_timed_out": "Split the work, or let it wait instead of asking again and again.",
    "worker_lost": "Workers died over it. Whoever runs this installation finds why in their logs.",
    "outcome_unknown": MEANINGS["outcome_unknown"].hint,
    "workflow_failed": "Open the run that it started to see why.",
    "workflow_missing": "Choose another workflow in the step, and save.",
    "nothing_live": "Solve the other workflow's problems, and save it.",
    "too_deep": "Workflows start each other too deep, or in a circle: let one do more itself.",
    "bad_input": "Give the other workflow the data that its trigger asks for.",
    "not_a_member": "Mail members, or invite whoever is to get it.",
    "nobody_to_mail": "Look at what the addresses came to, and name at least one member.",
    "too_many_mails": "Gather what is to be told into fewer mails, or run this again in an hour.",
    "mail_refused": "Whoever runs this installation finds why in the mail server's logs.",
    "cannot_open": "Whoever runs this installation should check the root key.",
}


def of(outcome: str) -> str:
    """Say what to do; nothing where there is nothing to say."""
    if outcome in _HINTS:
        return _HINTS[outcome]
    return MEANINGS[outcome].hint if outcome in MEANINGS else ""
