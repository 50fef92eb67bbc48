"""
Everything GridOS can refuse, in one tree.

What goes wrong *inside a cell* is a value (`grid.CellError`), never one of these.

GridOSError
├── SignInRequired · AddressTaken · TooManyTries
├── SignInFailed
│   └── AccountDisabled · AddressMissing · SignInLost · SignInDeclined · ProviderUntrusted
├── NotFound
│   └── UnknownPlugin · UnknownWorkbook · UnknownCollaborator · UnknownInvite · UnknownSession · UnknownApiKey
├── NotAllowed
│   └── NotTheOwner · ReadOnly · ForeignOrigin · SignUpClosed · ScopeMissing · OutsideCall · ForeignSecret
├── Refused
│   ├── BadAddress · BadEdit · BadSecret · BadManifest · BadPlugin · BadInvite · BadPassword · BadEmail · BadFrame
│   └── BadApiKey
├── EditsCollide · EnvelopeRefused · NothingToRestore
├── DatabaseWillNotStart · MigrationRefused · PortTaken · BadSetting
└── Unavailable
    └── VaultLocked · SecretUnreadable · StorageUnavailable · CannotCalculate

A message is a sentence a user may read. It never repeats what somebody submitted.
"""

from inspect import cleandoc


class GridOSError(Exception):
    """Something went wrong in GridOS."""

    def __init__(self, message: str | None = None) -> None:
        """Without a message the class's docstring is the message."""
        super().__init__(message or cleandoc(type(self).__doc__ or ""))


class SignInRequired(GridOSError):
    """Sign in to do this."""


class SignInFailed(GridOSError):
    """The e-mail address or the password is wrong."""


class AccountDisabled(SignInFailed):
    """This account is disabled. Ask the operator of this server."""


class AddressMissing(SignInFailed):
    """This token names no e-mail address, so no account can be made for it."""


class SignInLost(SignInFailed):
    """This sign-in was begun in another browser, or too long ago. Begin again."""


class SignInDeclined(SignInFailed):
    """The sign-in service was told not to sign you in."""


class ProviderUntrusted(SignInFailed):
    """The sign-in service's answer is not one that this server can trust."""


class AddressTaken(GridOSError):
    """Another account holds this e-mail address. Sign in to that account instead."""


class TooManyTries(GridOSError):
    """Too many wrong tries. Wait a minute and try again."""


class NotFound(GridOSError):
    """There is nothing here."""


class UnknownPlugin(NotFound):
    """There is no such plugin."""


class UnknownWorkbook(NotFound):
    """There is no such workbook."""


class UnknownCollaborator(NotFound):
    """Nobody with that id collaborates on this workbook."""


class UnknownInvite(NotFound):
    """There is no such invite."""


class UnknownSession(NotFound):
    """There is no such session."""


class UnknownApiKey(NotFound):
    """There is no such API key."""


class NotAllowed(GridOSError):
    """You may not do this."""


class NotTheOwner(NotAllowed):
    """Only the owner of this workbook may do this."""


class ReadOnly(NotAllowed):
    """You may view this workbook but not change it. Ask its owner for the editor role."""


class ForeignOrigin(NotAllowed):
    """This request comes from another site. Open GridOS under its own address and try again."""


class SignUpClosed(NotAllowed):
    """Sign-up is closed on this server. Ask its operator for an account or an invite."""


class ScopeMissing(NotAllowed):
    """An API key cannot do this."""

    def __init__(self, scope: str) -> None:
        """`scope` is what the request needs."""
        no_key = "An API key cannot do this. Sign in to do it yourself."
        super().__init__(no_key if scope == "account" else f"This API key was made without the scope `{scope}`.")
        self.scope = scope


class OutsideCall(NotAllowed):
    """A plugin can use its secrets and its connection only while one of its own calls runs."""


class ForeignSecret(NotAllowed):
    """A plugin can read only the secrets that its own manifest declares."""


class Refused(GridOSError):
    """This is not accepted, and nothing was changed."""


class BadAddress(Refused):
    """This is not a cell or a range of this workbook."""


class BadEdit(Refused):
    """This edit is not accepted, and nothing was changed."""


class BadSecret(Refused):
    """This value is not accepted, and nothing was stored."""


class BadManifest(Refused):
    """This manifest.json cannot be used."""


class BadPlugin(Refused):
    """This plugin cannot be loaded."""


class BadInvite(Refused):
    """This address cannot be invited."""


class BadPassword(Refused):
    """This password is not accepted. Use at least 8 characters."""


class BadEmail(Refused):
    """This is not an e-mail address. One looks like name@company.org."""


class BadApiKey(Refused):
    """This API key cannot be made."""


class BadFrame(Refused):
    """This frame is not one that the live socket understands, and nothing was changed."""


class EditsCollide(GridOSError):
    """Somebody changed these cells meanwhile. Read them again, then repeat the edit."""

    def __init__(self, seq: int) -> None:
        """`seq` is the workbook's newest one."""
        super().__init__()
        self.seq = seq


class EnvelopeRefused(GridOSError):
    """This batch was sealed for another occasion. Ask for a new sealing key and seal it again."""


class NothingToRestore(GridOSError):
    """There are no earlier values to go back to: they are forgotten once the new ones work, and after a week."""


class DatabaseWillNotStart(GridOSError):
    """The embedded database does not start."""


class MigrationRefused(GridOSError):
    """This database and this GridOS do not fit together."""


class PortTaken(GridOSError):
    """GridOS cannot listen on this port."""


class BadSetting(GridOSError):
    """A setting in the environment cannot be used."""


class Unavailable(GridOSError):
    """GridOS cannot do this at the moment. Try again shortly."""


class VaultLocked(Unavailable):
    """The vault is locked: the server's root key is missing or is not the one the stored secrets were sealed with."""


class SecretUnreadable(Unavailable):
    """A stored secret cannot be opened. Replace it in the plugin's settings."""


class StorageUnavailable(Unavailable):
    """The database does not answer. Try again shortly."""


class CannotCalculate(Unavailable):
    """This workbook takes too long to calculate and shows its last values. Simplify its largest formulas."""
