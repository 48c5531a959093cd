"""What every channel must do, told once; each adapter's test gives it a server that behaves as asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quittance.core.ports.channels import (
    Channel,
    OutgoingMessage,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    UncertainFailure,
)

MESSAGE = OutgoingMessage(
    message_id="0123abcd.7@arvor.example",
    sender='"Arvor Distribution, crédit" <credit@arvor.example>',
    recipient="m.petit@durand.example",
    recipient_name="Marie Petit-Ève",
    reply_to="alice@arvor.example",
    subject="Rappel : 1 234,50 € à régler",
    body_text="Bonjour Marie,\n\n.une ligne qui commence par un point\nÀ régler : 1 234,50 €\n",
    body_html='<p>Bonjour Marie</p><img src="cid:epc-qr">',
    language="fr",
    inline_images={"epc-qr": b"\x89PNG\r\n\x1a\n-not-really-a-picture"},
)
MakeChannel = Callable[[str], Channel]


class ChannelContract:
    """Inherit and give a fixture `make_channel`: behaviour -> channel.

    Behaviours: accept, refuse, busy, lost (the answer never comes), down (nobody listens), refuse-first. `message` is
    one that the channel supports.
    """

    message = MESSAGE

    def test_it_says_who_it_is(self, make_channel: MakeChannel) -> None:
        channel = make_channel("accept")
        assert channel.identifier and channel.label and channel.medium
        assert channel.supports(self.message)

    def test_what_is_taken_gives_a_receipt(self, make_channel: MakeChannel) -> None:
        channel = make_channel("accept")
        assert channel.is_ready()
        assert isinstance(channel.send(self.message), Receipt)
        assert isinstance(channel.send(self.message), Receipt)
        channel.close()
        channel.close()
        assert isinstance(channel.send(self.message), Receipt)
        channel.close()

    def test_a_refusal_is_permanent_and_says_why(self, make_channel: MakeChannel) -> None:
        channel = make_channel("refuse")
        with pytest.raises(PermanentFailure, match="no such person"):
            channel.send(self.message)
        channel.close()

    def test_the_next_message_goes_after_a_refused_one(self, make_channel: MakeChannel) -> None:
        channel = make_channel("refuse-first")
        with pytest.raises(PermanentFailure):
            channel.send(self.message)
        assert isinstance(channel.send(self.message), Receipt)
        channel.close()

    def test_a_busy_server_is_temporary(self, make_channel: MakeChannel) -> None:
        channel = make_channel("busy")
        with pytest.raises(TemporaryFailure, match="come back later"):
            channel.send(self.message)
        channel.close()

    def test_nobody_there_is_temporary(self, make_channel: MakeChannel) -> None:
        channel = make_channel("down")
        assert not channel.is_ready()
        with pytest.raises(TemporaryFailure):
            channel.send(self.message)
        channel.close()

    def test_a_lost_answer_is_uncertain(self, make_channel: MakeChannel) -> None:
        channel = make_channel("lost")
        with pytest.raises(UncertainFailure):
            channel.send(self.message)
        channel.close()
