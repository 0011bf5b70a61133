"""Who: people, roles, keys and workspaces.

This room knows who somebody is and what they may do. It imports nothing of ours but
`loopgrid_proof`, and it cannot append to a ledger: a change of people, roles, keys or workspaces is
written here by `granting`, which `ledger.administration` alone may call, so that each change is an
entry.

Read first: `roles` (what each role may do, as data), `keys` (what a key looks like), `models`, then
`authentication`, the door shared by every API.
"""
