"""The corpus: small programs in C, each with a label that a verifier has to find out.

`safe/NAME.c` must be accepted. `unsafe/NAME.c` must be rejected, for the fault named in its row; the
witness is an input that makes the fault happen (hexadecimal, the packet or the buffer), and
corpus_test runs it. Programs are compiled at -O2 for v3 and v4: targets NAME_v3 and NAME_v4.

    load("//tests/corpus:corpus.bzl", "CORPUS")

    [test(program = "//tests/corpus:%s_v4" % row.name, safe = row.safe) for row in CORPUS]
"""

def _safe(name, type, versions = ["v3", "v4"]):
    return struct(
        name = name,
        type = type,
        safe = True,
        fault = "",
        witness = "",
        versions = versions,
        source = "safe/%s.c" % name,
    )

def _unsafe(name, type, fault, witness):
    return struct(
        name = name,
        type = type,
        safe = False,
        fault = fault,
        witness = witness,
        versions = ["v3", "v4"],
        source = "unsafe/%s.c" % name,
    )

# Faults: packet, memory, stack (an access outside of it), loop (need not end), uninitialised (a read
# of stack never written), pointer (arithmetic on unrelated pointers). The last two have no witness:
# a run shows nothing.
CORPUS = [
    _safe("binary_search", "plain_memory"),
    _safe("crc8", "plain_memory"),
    _safe("division", "plain_memory"),
    _safe("dns_name", "xdp"),
    _safe("early_exit", "plain_memory"),
    _safe("find_byte", "plain_memory"),
    _safe("find_string", "plain_memory"),
    _safe("hex_decode", "plain_memory"),
    _safe("histogram", "plain_memory"),
    _safe("insertion_sort", "plain_memory"),
    _safe("ipv4_options", "xdp"),
    _safe("ipv6_extensions", "xdp"),
    _safe("mac_swap", "xdp"),
    _safe("parse_number", "plain_memory"),
    _safe("payload_sum", "xdp"),
    _safe("run_length", "plain_memory"),
    _safe("shifts", "plain_memory"),
    _safe("signed_bytes", "plain_memory"),
    _safe("signed_clamp", "plain_memory"),
    _safe("signed_division", "plain_memory", versions = ["v4"]),
    _safe("spilled_pointers", "plain_memory"),
    _safe("stack_machine", "plain_memory"),
    _safe("subprogram", "plain_memory"),
    _safe("tcp_mss", "xdp"),
    _safe("tlv", "plain_memory"),
    _safe("token_bucket", "plain_memory"),
    _safe("ttl_decrement", "xdp"),
    _safe("udp_length", "xdp"),
    _safe("utf8", "plain_memory"),
    _safe("vlan_depth", "xdp"),
    _unsafe("check_then_advance", "xdp", "packet", "00000000000000000000000000000040"),
    _unsafe("countdown_by_two", "plain_memory", "loop", "03"),
    _unsafe("greater_or_equal", "xdp", "packet", "000000000000000000000000000000000000000000000000000000000000000000"),
    _unsafe("header_length_trusted", "xdp", "packet", "00000000000000000000000000004f000000000000000000000000000000000000000000000000000000000000000000000000000000"),
    _unsafe("last_byte_plus_one", "plain_memory", "memory", "0102"),
    _unsafe("leaks_pointer_length", "plain_memory", "pointer", ""),
    _unsafe("length_underflow", "plain_memory", "memory", "0102"),
    _unsafe("narrow_counter", "plain_memory", "loop", "ff01"),
    _unsafe("negative_index", "plain_memory", "stack", "000000ff"),
    _unsafe("off_by_one", "xdp", "packet", "00000000000000000000000000"),
    _unsafe("option_of_length_zero", "xdp", "loop", "000000000000000000000000000000000000000000000000000000000000000000000700"),
    _unsafe("record_length_trusted", "plain_memory", "memory", "0505"),
    _unsafe("runs_overflow", "plain_memory", "stack", "ff01ff01ff01"),
    _unsafe("table_by_byte", "plain_memory", "stack", "ff"),
    _unsafe("uninitialised", "plain_memory", "uninitialised", ""),
    _unsafe("vlan_unchecked", "xdp", "packet", "0000000000000000000000008100"),
    _unsafe("writes_before", "xdp", "packet", "00000000"),
]

def _corpus_table_impl(ctx):
    table = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(table, json.encode(CORPUS))
    return [DefaultInfo(files = depset([table]), runfiles = ctx.runfiles([table]))]

corpus_table = rule(
    implementation = _corpus_table_impl,
    doc = "CORPUS as a JSON file, NAME.json, for tests in C++.",
)
