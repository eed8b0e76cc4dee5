"""Every bound of the protocol and the program, with its unit last.

Nothing from a peer, a file or a terminal is taken in without one of these.  The relations
between them are asserted at the end: change one, and a contradiction stops the import.
"""

# --- encoding ----------------------------------------------------------------------
DEPTH_MAX = 8
INT_MAX = 2**53 - 1  # what JSON and JavaScript readers can hold exactly
INT_MIN = -INT_MAX
ITEMS_MAX = 65_536  # in all arrays and maps of one value together

# --- entries -----------------------------------------------------------------------
KEY_BYTES = 32
ID_BYTES = 32
SIGNATURE_BYTES = 64
SALT_BYTES = 16
BODY_BYTES_MAX = 8 * 1024
ENTRY_BYTES = 60  # about, of an entry that is held, beside its body
SEQ_MAX = 2**53 - 1
SEQ_END = SEQ_MAX + 1  # beyond every seq
TIME_MS_MAX = 2**53 - 1

# --- segments ----------------------------------------------------------------------
CHECKPOINT_EVERY_ENTRIES = 64
SEGMENT_ENTRIES_MAX = 512
SEGMENT_BODY_BYTES_SOFT_MAX = 256 * 1024  # a server cuts here, at the next checkpoint

# --- content -----------------------------------------------------------------------
TEXT_BYTES_MAX = 6 * 1024
POST_GRAPHEMES_MAX = 500  # what a composer lets a person write; a reader accepts TEXT_BYTES_MAX
NAME_BYTES_MAX = 128
NAME_GRAPHEMES_MAX = 40
BIO_BYTES_MAX = 1024
WARNING_BYTES_MAX = 256
LANG_BYTES_MAX = 35
MENTIONS_MAX = 16
TAGS_MAX = 32
TAG_CHARS_MAX = 64
LINKS_OF_POST_MAX = 8  # that are counted
LINK_CHARS_MAX = 512  # of a link that is counted
MARKS_PER_CHARACTER_MAX = 5  # combining marks on one character, when shown
MEDIA_MAX = 4
ALT_BYTES_MAX = 1024
PINS_MAX = 8  # that are shown
VERSIONS_MAX = 50  # of one post, that a writer makes and a reader shows
POLL_OPTIONS_MIN = 2
POLL_OPTIONS_MAX = 8
POLL_OPTION_BYTES_MAX = 128
POLL_OPTION_GRAPHEMES_MAX = 50
PROFILE_FIELDS_MAX = 8
FIELD_NAME_BYTES_MAX = 64
FIELD_VALUE_BYTES_MAX = 256
KIND_BYTES_MAX = 32
ORIGIN_FIELD_BYTES_MAX = 128
ERASE_TARGETS_MAX = 64

# --- blobs -------------------------------------------------------------------------
BLOB_CHUNK_BYTES = 64 * 1024
BLOB_BYTES_MAX = 8 * 1024 * 1024
BLOB_CHUNKS_MAX = BLOB_BYTES_MAX // BLOB_CHUNK_BYTES

# --- links -------------------------------------------------------------------------
PACKET_BYTES_MAX = 65_535  # a Noise message
PACKET_BYTES_MIN = 18  # one byte, its flag and its tag
MESSAGE_BYTES_MAX = 1024 * 1024
HANDSHAKE_S_MAX = 10
LINKS_MAX = 64
LINKS_PER_ADDRESS_MAX = 8
HANDSHAKES_MAX = 32
CLOSE_S_MAX = 2  # what is still unsent then is dropped
RECEIVE_BUFFER_BYTES_MAX = 256 * 1024  # arrived and not taken; more waits at the sender
RECEIVE_PACKETS_MAX = 64  # taken in one turn of the event loop

# --- data channels -----------------------------------------------------------------
CHANNEL_PIECE_BYTES_MAX = 16 * 1024  # what every implementation of data channels takes at once
CHANNEL_WINDOW_BYTES = 512 * 1024  # sent and not yet taken; more waits at the sender
CHANNEL_UNSENT_BYTES_MAX = 64 * 1024  # handed over to SCTP, which has not begun with it
CHANNEL_FLIGHT_BYTES = 128 * 1024  # sent and not acknowledged, on a short path
CHANNEL_BYTES_A_SECOND = 4_000_000  # on a long one, what two ends can work off meanwhile
CHANNEL_CHUNKS_HELD_MAX = 1024  # of SCTP, waiting for one that is missing
WEBRTC_CONNECT_S_MAX = 20  # from both descriptions to an open channel
SIGNAL_BYTES_MAX = 512
SIGNAL_CHARS_MAX = 2048  # of its text form, as typed or pasted
SIGNAL_CANDIDATES_MAX = 8
SIGNAL_PORT_MIN = 1024  # as on the LAN: no system service is to be sent anything
ICE_UFRAG_CHARS_MIN = 4
ICE_UFRAG_CHARS_MAX = 32
ICE_PWD_CHARS_MIN = 22
ICE_PWD_CHARS_MAX = 64
ICE_CANDIDATES_MAX = 16  # of one peer: those of its description, and those it turns out to have
ICE_DATAGRAM_BYTES_MAX = 2048  # DTLS makes none larger than a packet of Ethernet
ICE_DATAGRAMS_MAX = 512  # arrived and not yet looked at
ICE_TRIES = 4  # of one check: after 0.5, 1.5 and 3.5 s
ICE_AGAIN_S = 5  # then a pause; whoever waits for a person must keep the way through a NAT open
STUN_SERVERS_MAX = 4
STUN_S_MAX = 3
STUN_KEEP_S = 15  # less than any NAT forgets in
OFFERS_MAX = 8  # waiting for their answer; answers waiting for whoever offered: as many
OFFER_S_MAX = 600  # a person carries it

# --- sessions ----------------------------------------------------------------------
HAVE_LOGS_PER_MESSAGE_MAX = 512
REMOTE_LOGS_MAX = 100_000
WANTS_IN_FLIGHT_MAX = 8
WANTS_QUEUED_MAX = 64
WANT_ENTRIES_MAX = 4096
ANSWERS_QUEUED_MAX = 1024
FIRST_WANT_ENTRIES = 100  # a new log's latest entries, before anything older moves
JUMP_ENTRIES = 512  # further behind than this, take the newest first
PING_AFTER_S = 5
SILENCE_S_MAX = 15
SUSPECT_S_MAX = 3  # for a sign of life once the network has changed
UNREAD_S_MAX = 20  # that a peer reads nothing of what it is sent
WANT_S_MAX = 20  # without a new entry
FETCH_S_MAX = 120  # for one question: a log is not left to a peer that drips
PEER_TURN_S = 0.005  # for what one peer says, before others have their turn
DECODE_INLINE_BYTES_MAX = 128 * 1024  # larger messages are decoded off the event loop
SEND_BUFFER_BYTES_MAX = 4 * 1024 * 1024

HAVES_PER_TURN_MAX = 8  # messages of offers between two looks at the link
SEEK_LOGS_MAX = 512
PACK_BYTES_MIN = 512  # shorter messages are not deflated
BATCH_MESSAGES_MAX = 256
BATCH_BYTES_MAX = 32 * 1024  # of messages that are put together
TOKEN_BYTES_MAX = 64
SAID_BURST_MAX = 200_000  # offers, notes and the like that a peer may make in one go
SAID_PER_S_MAX = 2_000  # and from then on
TOLD_WEIGHT = 256  # of those, for each token
SEGMENT_WEIGHT = 16  # and for each segment that brings nothing new, besides its entries
TOLD_EVERY_S = 30  # how often a peer is given a newer token to resume from
RESUME_BATCHES_MAX = 100_000  # of the journal; further behind, comparing costs less

# --- what two nodes compare ------------------------------------------------------------
FRONTIER_DIGEST_BYTES = 8
FRONTIER_LEAF_LOGS_MAX = 64
COMPARE_ITEMS_MAX = 16  # fewer logs than this are named, more are summed up
COMPARE_SCAN_LOGS_MAX = 256  # whose digests are made for one message
COMPARES_IN_FLIGHT_MAX = 8
COMPARES_SPARE = 256  # that a peer may ask for beyond two a log
COMPARES_MAX = COMPARES_SPARE + 2 * REMOTE_LOGS_MAX  # of one's own, whatever the peer answers

# --- live ------------------------------------------------------------------------------
NOTES_PER_MESSAGE_MAX = 512
NOTE_DELAY_S = 0.1  # a note that nobody waits for goes with others
GRAFT_AFTER_S = 0.5  # without the entry that a note has told of
GRAFT_ENTRIES_MAX = CHECKPOINT_EVERY_ENTRIES  # further behind, ask instead
NOTES_WAITING_MAX = 4096  # of one peer
PROOFS_PASSED_MAX = 1024  # of one peer: forks of logs that are no concern here, yet

# --- overlay ---------------------------------------------------------------------------
ACTIVE_VIEW = 5  # links that a node looks for
ACTIVE_VIEW_MAX = 10  # that it keeps
PASSIVE_VIEW_MAX = 30
JOIN_HOPS = 6
JOIN_DIAL_EVERY_S = 1  # nobody makes a node dial the whole world
PASSIVE_AT_HOPS = 3  # left to go, when a newcomer is remembered on its way
SHUFFLE_HOPS = 4
SHUFFLE_EVERY_S = 60
SHUFFLE_ACTIVE = 3  # members of the active view in a sample
SHUFFLE_PASSIVE = 4
SHUFFLE_MEMBERS_MAX = 1 + SHUFFLE_ACTIVE + SHUFFLE_PASSIVE
PROMOTE_EVERY_S = 5
PROMOTE_AGAIN_S = 120  # before a member that did not answer is tried again
OVERLAY_MESSAGES_PER_MINUTE = 30  # of one peer
MEMBER_ADDRESSES_MAX = 4
ADDRESS_CHARS_MAX = 64
RELAY_BYTES_MAX = 4096
RELAY_HOPS = 8
NONCE_BYTES = 24
CALL_BYTES = 16
CALLS_MAX = 8  # offers of others that are being answered at once
CALL_S_MAX = 20  # for an answer to come back
ROUTES_MAX = 1024
ROUTE_S_MAX = 300

# --- policy ------------------------------------------------------------------------
# Of strangers' logs that peers on the LAN offer.
NEAR_ENTRIES = 100
NEAR_ENTRIES_PER_MINUTE = 60  # of one log
NEAR_BYTES_PER_MINUTE = 256 * 1024
NEAR_TOTAL_BYTES_PER_MINUTE = 32 * 1024 * 1024  # of all of them
NEAR_LOGS_MAX = 1000
NEAR_HELD_ENTRIES_MAX = 1000  # of one log: no more is taken then
NEAR_HELD_BYTES_MAX = 256 * 1024 * 1024  # of all of them
NEAR_BODY_DAYS = 30
# Of the logs of people whom those follow that one follows.
SECOND_ENTRIES = 200
SECOND_ENTRIES_PER_MINUTE = 120
SECOND_BYTES_PER_MINUTE = 512 * 1024
SECOND_TOTAL_BYTES_PER_MINUTE = 32 * 1024 * 1024
SECOND_LOGS_MAX = 2000
SECOND_HELD_ENTRIES_MAX = 2000
SECOND_HELD_BYTES_MAX = 512 * 1024 * 1024
SECOND_BODY_DAYS = 90
SECOND_PEOPLE_MAX = 1000
SECOND_FOLLOWS_MAX = 50_000  # of all whom one follows together, that are looked at
WISHES_PAUSE_RATIO = 5  # of the time that finding out took: rest before finding out again
SETTING_MAX = 2**40  # of any number in a rule that config.toml sets
QUOTA_WAITING_MAX = 4096  # logs that are asked for once there is room in their quota again
QUOTA_FREED_MAX = 64  # of these at once
QUOTA_AGAIN_S = 1  # before the next of them
BLOB_FETCH_S_MAX = 60
# Of logs that nobody here follows, and in which a thread that is being read has an entry.
ERRANDS_MAX = 64  # at once
ERRAND_S_MAX = 60  # that peers are asked
ERRAND_ENTRIES_MAX = 500  # that lie above the entry and are taken on the way to it
THREAD_ERRANDS_MAX = 16  # of one thread at once
THREAD_SEEK_S_MAX = 10  # until a reader is told that nobody has what lacks
THREAD_SEEK_EVERY_S = 0.2  # at most so often a thread is looked at again meanwhile

# --- one's own logs ----------------------------------------------------------------
OWN_CLAIM_S_MAX = 20  # that peers who say one's own log goes on, and do not show it, hold one up
OWN_CLAIM_RENEW_S = 3600  # until such patience, once used up, is whole again
OWN_GREETING_S_MAX = 1  # for a new peer to say how far it knows one's own log
COPY_WAIT_S_MAX = 5  # for somebody who knows one's own log, where this home may be an old copy
OWN_WAIT_S_MAX = 60  # what one writes waits no longer, and is refused then

# --- views -------------------------------------------------------------------------
ROOTS_PER_LOG_MAX = 8  # identities that one device may have consented to; honest ones: one
LOGS_PER_QUERY_MAX = 200  # devices of one identity that a question looks at
KIND_COUNTERS_MAX = 64

# --- finding and dialling peers ----------------------------------------------------
DIAL_S_MAX = 5
BACKOFF_FIRST_S = 1
BACKOFF_LAN_S_MAX = 5
BACKOFF_S_MAX = 300
INTERFACE_POLL_S = 2
LAN_PEERS_MAX = 256
LAN_ADDRESSES_MAX = 8  # of one peer
LAN_TXT_BYTES_MAX = 512
LAN_TTL_S = 120  # RFC 6762: records that name a host
LAN_PORT_MIN = 1024  # nobody on the LAN may point us at a printer or a mail server
LAN_NOTICE_GAP_S = 1  # between two reports about one peer, however often it announces itself
LAN_UNCONFIRMED_S_MAX = 5  # after the network changed, until who has not answered is lost
SLEEP_GAP_S = 10
TIE_WAIT_S = 1  # how long the larger device key waits for the smaller to dial
DIAL_STAGGER_S = 0.25
DIALS_MAX = 16
DIALLED_LINKS_MAX = 32  # half of LINKS_MAX stays free for who dials us
LINK_STABLE_S = 30
KNOWN_PEERS_MAX = 1024

# --- devices of one identity -------------------------------------------------------
PAIRING_CODE_WORDS = 6  # of 11 bits each
PAIRING_CODE_CHARS_MAX = 200  # as typed
PAIRING_S_MAX = 600  # how long an offer stands
PAIRING_STEP_S_MAX = 20  # for what a machine answers without a person
PAIRING_TRIES_MAX = 3  # wrong codes that end an offer
PAIRING_LOOK_S_MAX = 30  # for an offer on the LAN
PAIRING_MESSAGE_BYTES_MAX = 4096
PAIRING_ADDRESSES_MAX = 8
RESTORE_S_MAX = 600
RESTORE_POLL_S = 0.1
WORDS_CHARS_MAX = 1024  # 24 words, as typed

# --- local API ---------------------------------------------------------------------
API_FRAME_BYTES_MAX = 8 * 1024 * 1024
API_CLIENTS_MAX = 32
API_REQUESTS_MAX = 64  # under way at once, on one connection
API_UNREAD_BYTES_MAX = 2 * API_FRAME_BYTES_MAX  # answers that a face has not read yet
API_STALL_S_MAX = 10  # a face that owes a read for longer is dropped
API_INLINE_BYTES_MAX = 64 * 1024  # larger frames are decoded off the event loop
API_EVENT_EVERY_S = 0.1
API_SOCKET_POLL_S = 5  # how soon a removed socket is put back
API_EVENTS_QUEUED_MAX = 64
API_MESSAGE_CHARS_MAX = 500
API_WAIT_S_MAX = 5
PAGE_ENTRIES_MAX = 200
PAGE_ENTRIES = 40
THREAD_ENTRIES_MAX = 500
QUERY_CHARS_MAX = 256
QUERY_S_MAX = 1  # what a question about the views may take
SEARCH_SCAN_MAX = 10_000  # entries found by their words that a page of a search looks at
SEARCH_CHECKS_MAX = 200  # entries of which a page asks, one by one, whether they have the words
LIKES_READ_MAX = 10_000  # of one's own, the latest, among which a search looks
TREND_HOURS = 24
CONVERSATION_HOURS = 72
RECENT_HOURS_MAX = 7 * 24  # how far back is looked for what people speak of
TREND_USES_MAX = 50_000  # of tags and links, the latest, that are counted
TRENDS_MAX = 50  # tags, and as many links, that are shown
ANSWERS_READ_MAX = 20_000  # the latest, in which conversations are looked for
WHY_NAMES_MAX = 3  # people who are named in why an entry is where it is
PREFIX_CHARS_MIN = 4
NODE_LINGER_S = 2
NODE_START_S_MAX = 20
NODE_STOP_S_MAX = 5  # what requests under way get to finish in when the node ends
NODE_LOG_BYTES_MAX = 1024 * 1024  # and as much again in the log before this one
LOG_LINES_A_MINUTE = 30  # of one kind, such as that somebody was refused
CONFIG_BYTES_MAX = 64 * 1024
KEY_PARTS_MAX = 20  # of a dotted key in a file of settings
LISTEN_MAX = 16
HOMES_MAX = 50  # that a person's list knows
HOME_NAME_CHARS_MAX = 40
PATH_CHARS_MAX = 4096
IMPORT_BATCH_ENTRIES = 500

# --- what somebody keeps for themselves -----------------------------------------------
BOOKMARKS_MAX = 10_000
LISTS_MAX = 50
LIST_MEMBERS_MAX = 500
LIST_NAME_GRAPHEMES_MAX = 40
TAGS_FOLLOWED_MAX = 100
FILTERS_MAX = 500
FILTER_CHARS_MAX = 100
LATER_MAX = 300
LATER_MS_MAX = 366 * 24 * 3600 * 1000  # from now
LATER_RETRY_S = 60
TOKEN_CHARS_MIN = 8  # that a face chooses for what it sends
TOKEN_CHARS_MAX = 64
AGAIN_ENTRIES_MAX = 1000  # of one's own, the newest, among which is what is sent again
LANGUAGE_CHARS_MIN = 12  # letters, below which a guess is worth little
LANGUAGE_WORDS_MIN = 3  # likewise, where blanks are between words
LANGUAGE_APART = 0.1  # between the scores (0 to 1) of a language and the next likely one
LANGUAGE_CHARS_MAX = 2000
POLL_VOTES_READ_MAX = 20_000  # more of one poll are not counted
NOTICE_PEOPLE_MAX = 1000  # of one notification that are looked at
NOTICE_PEOPLE_SHOWN = 8  # that stand in it
NOTICES_COUNTED_MAX = 100  # the newest, of which it is told how many are new
NOTICES_SEEN_MAX = 200  # that are taken as looked at at once
NOTICES_REMEMBERED_MAX = 1000  # the newest of these; what stands below them counts as looked at
NOTICE_VOTES_MAX = 1000  # polls one has voted in, the latest, whose end is told
NOTICE_ID_CHARS_MAX = 120
STRANGERS_MAX = 5000  # about whom something was decided
REPORTS_MAX = 1000
REPORT_NOTE_CHARS_MAX = 1000
PAGE_SCAN_MAX = 2000  # entries that a page looks at, of which a filter may hide most
PASSED_SCAN_MAX = 50_000  # mentions that a page passes over unread, since it was decided about them

# --- importing from outside, bundles --------------------------------------------------
IMPORT_FILE_BYTES_MAX = 2 * 1024**3
IMPORT_TOTAL_BYTES_MAX = 8 * 1024**3
IMPORT_SMALL_FILE_BYTES_MAX = 1024 * 1024  # the file that names the account
IMPORT_ZIP_FILES_MAX = 1_000_000  # pictures are files too
IMPORT_ZIP_RATIO_MAX = 200  # unpacked to packed; real archives stay under 40
IMPORT_ZIP_RATIO_FROM_BYTES = 16 * 1024 * 1024  # smaller files may be packed as they like
IMPORT_RECORD_CHARS_MAX = 1024 * 1024
IMPORT_SALVAGE_CHARS_MAX = 64 * 1024 * 1024  # read again, at most, to get past damage
IMPORT_ITEMS_MAX = 1_000_000
IMPORT_TEXT_CHARS_MAX = 256 * 1024 * 1024  # of all items, since they are held to be sorted
IMPORT_PROBLEMS_MAX = 1000
BUNDLE_RECORD_BYTES_MAX = MESSAGE_BYTES_MAX  # one segment

# --- disk --------------------------------------------------------------------------
DISK_RESERVE_BYTES = 16 * 1024 * 1024  # below this much free space, writing is refused
JOURNAL_READ_ENTRIES = 512
INDEX_BATCH_ENTRIES = 16_384  # folded into the views at once
INDEX_REST_S_MAX = 0.5  # after a batch, while more arrives
INDEX_LULL_S = 0.01  # nothing has arrived for so long: no more is on its way
SWEEP_KEYS_MAX = 4096  # records of what is gone, deleted at once
DISK_RETRY_S = 2
ERASE_RETRY_S = 10
ERASE_PAUSE_RATIO = 10  # of the time that erasing took: rest before erasing more for others
ERASE_SCRUBS_MAX = 3  # each waits for readers of the views
RETENTION_FIRST_S = 600  # after the start, until bodies whose time is over are looked for
RETENTION_EVERY_S = 24 * 3600
RETENTION_BATCHES = 4096  # of the journal that are looked at between two pauses,
RETENTION_ENTRIES = 4096  # and entries of them, about
RETENTION_BODIES_MAX = 512  # of one log that are let go of at once
RETENTION_PAUSE_RATIO = 10

assert SEGMENT_ENTRIES_MAX % CHECKPOINT_EVERY_ENTRIES == 0
# From any entry the next checkpoint must fit into one message with room for its frame.
assert CHECKPOINT_EVERY_ENTRIES * (BODY_BYTES_MAX + 32) < MESSAGE_BYTES_MAX
# A soft-cut segment is at most one checkpoint interval of full bodies over the cut.
assert (
    SEGMENT_BODY_BYTES_SOFT_MAX
    + CHECKPOINT_EVERY_ENTRIES * BODY_BYTES_MAX
    + SEGMENT_ENTRIES_MAX * 64
    < MESSAGE_BYTES_MAX
)
assert VERSIONS_MAX < ERASE_TARGETS_MAX  # one erase names a post and all its versions
assert ERASE_TARGETS_MAX * 80 < BODY_BYTES_MAX
assert TEXT_BYTES_MAX + WARNING_BYTES_MAX + MENTIONS_MAX * 40 + 1024 <= BODY_BYTES_MAX
assert PING_AFTER_S * 2 < SILENCE_S_MAX <= WANT_S_MAX
assert COMPARE_ITEMS_MAX <= FRONTIER_LEAF_LOGS_MAX <= COMPARE_SCAN_LOGS_MAX
assert ACTIVE_VIEW < ACTIVE_VIEW_MAX < DIALLED_LINKS_MAX
assert PASSIVE_AT_HOPS < JOIN_HOPS <= RELAY_HOPS  # what came by a walk can be answered
assert REMOTE_LOGS_MAX * 2 <= SAID_BURST_MAX  # all that a peer may offer, and once more
assert NOTE_DELAY_S < GRAFT_AFTER_S
# What is asked for at first of a log fits into what may be held of it.
assert NEAR_ENTRIES < NEAR_HELD_ENTRIES_MAX
assert QUOTA_FREED_MAX <= SEEK_LOGS_MAX
# What an errand brought may stay when it is over.
assert SECOND_ENTRIES <= ERRAND_ENTRIES_MAX < NEAR_HELD_ENTRIES_MAX
assert THREAD_ERRANDS_MAX <= ERRANDS_MAX <= SEEK_LOGS_MAX
assert THREAD_SEEK_S_MAX < ERRAND_S_MAX
assert SECOND_ENTRIES < SECOND_HELD_ENTRIES_MAX
# A question to a silent peer runs out before the patience with it does; two accounts of patience,
# one after the other, refuse nobody's post.
assert OWN_GREETING_S_MAX < WANT_S_MAX <= OWN_CLAIM_S_MAX < OWN_WAIT_S_MAX / 2
assert OWN_CLAIM_RENEW_S >= 100 * OWN_CLAIM_S_MAX
assert DIALLED_LINKS_MAX * 2 <= LINKS_MAX
assert BLOB_CHUNK_BYTES + 1024 < MESSAGE_BYTES_MAX
assert HOMES_MAX * (HOME_NAME_CHARS_MAX + 200) < CONFIG_BYTES_MAX  # with paths of usual length
assert API_INLINE_BYTES_MAX < API_FRAME_BYTES_MAX < API_UNREAD_BYTES_MAX
assert 4 * CHANNEL_PIECE_BYTES_MAX <= CHANNEL_WINDOW_BYTES
# The longest description: 8 candidates of at most 23 bytes, names, fingerprint, and their heads.
assert (
    SIGNAL_CANDIDATES_MAX * 23 + 2 * (ICE_UFRAG_CHARS_MAX + 2) + ICE_PWD_CHARS_MAX + 2 + 34 + 8
    <= SIGNAL_BYTES_MAX
)
assert 2 * SIGNAL_BYTES_MAX <= SIGNAL_CHARS_MAX
assert BLOB_CHUNKS_MAX * ID_BYTES + 64 < BLOB_CHUNK_BYTES
