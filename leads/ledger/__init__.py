"""What Accord knows, kept: leads, decisions, agreements, bundles and keys. The only place that speaks SQL."""

from sqlalchemy import Connection

from leads.ledger.agreement import InForce, adopt_agreement, agreement_in_force, agreement_text, settle_agreement
from leads.ledger.assignment import (
    Placement,
    assignment_of,
    due_assignments,
    next_clock_step,
    owned,
    owner_in_company,
    owners,
    put_assignment,
    queued,
    steps_of,
    unanswered,
    write_placement,
    write_step,
)
from leads.ledger.backup import Backup, back_up
from leads.ledger.book import Ledger, LedgerBusy, LedgerUnavailable, StorageFull
from leads.ledger.bundle import (
    RETURNED,
    BundleEntry,
    Promotion,
    SavedBundle,
    Stale,
    bundles,
    champion,
    is_arrival,
    load_bundle,
    move_champion,
    promote,
    promotions,
    returned_from,
    save_bundle,
)
from leads.ledger.clock import QueueState, answers_are_told, given_by_policy, holders, last_owner, queue_state, silent
from leads.ledger.cohort import (
    CAME_FROM,
    Arrived,
    Ruled,
    Taken,
    Touched,
    arrived,
    decisions_of,
    newest_arrival,
    outcomes_told,
    steps_taken,
    touches_of,
)
from leads.ledger.cost import Cost, costs_between, put_costs
from leads.ledger.decision import (
    Story,
    decision_by_id,
    decisions_by_id,
    last_decisions,
    latest_decision,
    lead_story,
    leads_ending_in,
    routed_before,
    routed_now,
    submission_by_id,
    submissions_by_id,
)
from leads.ledger.degraded import Degraded, degraded_decisions, still_latest
from leads.ledger.delivery import (
    Attempt,
    Destination,
    Lease,
    Outgoing,
    Verdict,
    claim,
    destinations_due,
    record,
    release,
)
from leads.ledger.engagement import (
    engagements_named,
    engagements_of,
    engagements_of_leads,
    engagements_told,
    write_engagement,
)
from leads.ledger.entry import (
    Answer,
    Entry,
    Made,
    OtherBody,
    Sending,
    Standing,
    answer_given,
    enter,
    forget_old_answers,
    settle,
)
from leads.ledger.erasure import (
    Erasure,
    Forgotten,
    erase,
    erase_again,
    erase_leads,
    expired,
    forgotten,
)
from leads.ledger.hook import (
    FAULTS_KEPT,
    Hook,
    HookFault,
    HookSource,
    add_hook,
    faults_about,
    forget_old_faults,
    has_fault,
    hook_by_id,
    hook_faults,
    hook_path,
    hooks,
    keep_fault,
    new_hook_secret,
    remove_hook,
    roll_hook,
    settle_delivery,
)
from leads.ledger.imported import Came, Past, take_past
from leads.ledger.imports import (
    Import,
    ImportKind,
    ImportRunning,
    advance_import,
    begin_import,
    import_of,
)
from leads.ledger.key import (
    SCOPES,
    TEAMS,
    Key,
    KeyKind,
    Scope,
    Team,
    create_key,
    find_key,
    list_keys,
    revoke_key,
    roll_key,
)
from leads.ledger.night import night_done, reach, take_night
from leads.ledger.nurture import Engaged, engaged_between, nurtured, nurtured_since, out_of_sales, scored_at
from leads.ledger.opening import existing_ledger, known_fault, open_ledger
from leads.ledger.outbox import (
    MESSAGE_STATES,
    Backlog,
    Delivery,
    MessageState,
    deliveries,
    outbox_state,
    post,
    replay,
    replay_dead,
)
from leads.ledger.outcome import (
    arrival_of,
    conversions_told,
    events_told,
    leave_out_conversions,
    outcomes_of,
    write_outcome,
    write_outcomes,
)
from leads.ledger.person import company_of_lead, digest, digests, lead_of_person, leads_of, object_, objects
from leads.ledger.price import (
    DayPrice,
    SavedPrice,
    Volume,
    Weighable,
    deciding_since,
    last_price,
    newest_price,
    price_by_number,
    queued_minutes,
    sendings,
    volume,
    window,
    write_price,
)
from leads.ledger.proposal import (
    Approval,
    Approved,
    Chapter,
    ChapterState,
    NoSuchAgreement,
    NoTeam,
    NotProposed,
    Proposed,
    approve,
    chapters,
    propose,
)
from leads.ledger.quarantine import Quarantined, others_who_wrote, quarantined, was_quarantined
from leads.ledger.receiver import (
    EVENTS,
    USUAL_EVENTS,
    Event,
    Receiver,
    add_receiver,
    change_receiver,
    disable_receiver,
    enable_receiver,
    post_test,
    receiver_by_id,
    receivers,
    remove_receiver,
    roll_secret,
)
from leads.ledger.recent import recent_forms
from leads.ledger.remains import file_size, overwrite, overwrite_if_alone, remains, vacuum
from leads.ledger.returning import Return, due_returns, put_return
from leads.ledger.rights import (
    Said,
    SentOn,
    decided_submission,
    hold,
    identities_of,
    last_override,
    objections,
    person_of,
    sent_on,
    submissions_of,
    submissions_of_person,
)
from leads.ledger.schema import State, Upgrade, ledger_state, upgrade_ledger
from leads.ledger.sole import serving_alone
from leads.ledger.span import Sent, leads_of_nobody, minutes_of_leads, newest_decision_at, sent_since, steps_since
from leads.ledger.team import (
    at_hand,
    credits,
    lock_team,
    record_change,
    save_credits,
    taken_since,
    team_changes,
)
from leads.ledger.throw_away import ThrowAway, throw_away_ledger
from leads.ledger.writer import Writer
