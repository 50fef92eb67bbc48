"""A value that can be used and never shown."""

from typing import Any, NoReturn

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Secret:
    """
    Holds one text so that it cannot be printed, formatted, compared, copied, pickled or serialised by accident.

    Only `reveal` gives it back; a test lists the few modules that may call it.
    """

    __slots__ = ("__value",)
    __value: str
    __hash__ = None  # pyright: ignore[reportAssignmentType] -- a hash could be compared, so there is none

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_Secret__value", value)

    def reveal(self) -> str:
        """The text itself, for the moment it is sealed, sent or searched for."""
        return self.__value

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "<secret>"

    def __bool__(self) -> bool:
        return bool(self.__value)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a secret is not data")

    __setattr__ = __delattr__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __reduce__ = __reduce_ex__ = __getstate__ = __copy__ = __deepcopy__ = _refuse
    __iter__ = __len__ = __contains__ = __getitem__ = __add__ = __radd__ = __mod__ = __bytes__ = _refuse

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic accepts a strict string and wraps it; it can never serialise one."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(strict=True))
