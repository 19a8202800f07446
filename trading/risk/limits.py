"""The limits a proposal is measured against, with defaults by kind of account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from domain.portfolio import AccountSpec, Mode


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is too much. Every figure is a fraction: 0.20 is 20%.

    `band_*` is how far a limit or stop may be from the last price; a patient one (a buy below the market, a target above it, a protective
    stop) may be further away, `patient_*`, because distance is its purpose. `weight_*` is one position over equity after the order,
    `volume_warning` an order over the average daily volume.
    """

    band_warning: Decimal = Decimal("0.05")
    band_blocking: Decimal = Decimal("0.20")
    patient_warning: Decimal = Decimal("0.25")
    patient_blocking: Decimal = Decimal("0.60")
    weight_warning: Decimal = Decimal("0.25")
    weight_blocking: Decimal = Decimal("0.50")
    volume_warning: Decimal = Decimal("0.10")


def defaults(spec: AccountSpec) -> Limits:
    """The limits of an account nobody changed: a live one gets half the price band, since a typing error there costs real money."""
    if spec.mode is Mode.LIVE:
        return replace(Limits(), band_warning=Decimal("0.03"), band_blocking=Decimal("0.10"))
    return Limits()
