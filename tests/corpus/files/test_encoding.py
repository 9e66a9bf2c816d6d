import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files import encoding
from eudscore.corpus.files.encoding import TextFile, open_text
from eudscore.errors import InputError

any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff"), min_size=1)
MARKED = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]


def opened(content: bytes) -> tuple[bytes, TextFile]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        file = open_text(path, "a.txt", Path(folder))
        assert path.read_bytes() == content, "the file itself must stay as it is"
        return file.read(), file


def sentence(content: bytes) -> str:
    with pytest.raises(InputError) as refused:
        opened(content)
    return str(refused.value)


@given(any_text, st.sampled_from(MARKED))
def test_every_marked_encoding_gives_the_same_utf8(text: str, codec: str) -> None:
    content, file = opened(text.encode(codec))
    assert content == text.encode()
    assert file.quotes == text.count('"')
    assert file.blank == (not text.strip())


@given(any_text, st.sampled_from(MARKED))
def test_letters_cut_by_the_end_of_a_block_are_whole(text: str, codec: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_BLOCK", 5)
        assert opened(text.encode(codec))[0] == text.encode()


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes_become_valid_utf8_that_encodes_back_or_one_sentence(content: bytes) -> None:
    refused, told, notes = "", "", ()
    try:
        text, file = opened(content)
        told, notes = text.decode(), file.notes
    except InputError as error:
        refused = str(error)
    assert not refused or (refused.startswith("a.txt is ") and "\n" not in refused)
    codecs = [codec for codec, name in encoding.NAMES.items() if any(name in note for note in notes)]
    assert not codecs or told.encode(codecs[0]) == content


@pytest.mark.parametrize(
    ("text", "codec", "called"),
    [
        ("text,label\ncafé,1\n", "cp1252", "Windows-1252"),
        ('{"text": "“hm”"}', "cp1252", "Windows-1252"),
        ("She said “no” — it’s £5 at the café, and naïve people pay it without thinking about it", "cp1252",
         "Windows-1252"),
        ("It’s 20° in here, they’re asking £5 for “a drink”, and I don’t think that’s fair. " * 5, "cp1252",
         "Windows-1252"),
        ("Le film était très réussi, à la fois drôle et émouvant. Où êtes-vous allés ?", "cp1252", "Windows-1252"),
        ("¿Cuándo volverá? El niño comió piñas en España. La canción del otoño.", "cp1252", "Windows-1252"),
        ("Filmen var väldigt bra och jag såg den två gånger, men slutet kändes för långt.", "cp1252", "Windows-1252"),
        ("Der Film war schön, großartig gespielt, aber für mich zu lang.", "cp1252", "Windows-1252"),
        ("Film był naprawdę dobry, a aktorzy grali świetnie. Zakończenie wydało mi się długie.", "cp1250",
         "Windows-1250"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy. Když prší, je příjemné jít do kina.", "cp1250", "Windows-1250"),
        ("Az őszi erdőben sűrű köd volt, és a fű is nőtt. A film nagyon jó volt.", "cp1250", "Windows-1250"),
        ("Фильм был действительно хорош, и актёры играли отлично.", "cp1251", "Windows-1251"),
        ("Фильм был действительно хорош, и актёры играли отлично.", "koi8_r", "KOI8-R"),
        ("Η ταινία ήταν πραγματικά καλή και οι ηθοποιοί έπαιξαν εξαιρετικά.", "cp1253", "Windows-1253"),
        ("この映画は本当に良かったです。俳優たちの演技も素晴らしかった。カメラの動きも面白い。", "cp932", "Shift JIS"),
        ("这部电影真的很好看，演员们的表演也非常出色。结尾让我觉得有点长，但总的来说我很满意。", "gb18030", "GB 18030"),
        ("這部電影真的很好看，演員們的表演也非常出色。結尾讓我覺得有點長，但總的來說我很滿意。", "big5", "Big5"),
        ("이 영화는 정말 좋았습니다. 배우들의 연기도 훌륭했어요. 끝부분은 조금 길게 느껴졌지만.", "cp949", "EUC-KR"),
    ],
)  # fmt: skip
def test_an_encoding_that_fits_clearly_best_is_read_and_said(text: str, codec: str, called: str) -> None:
    content, file = opened(text.encode(codec))
    assert content.decode() == text
    assert file.notes == (f"It is not UTF-8; it was read as {called}: if letters look wrong, save it as UTF-8.",)


@pytest.mark.parametrize(
    ("text", "codec"),
    [("да", "cp1251"), ("日本", "cp932"), ("中文", "gb18030"), ("한국", "cp949"), ("très vrai", "cp1252")],
)
def test_a_few_letters_are_not_enough_to_tell(text: str, codec: str) -> None:
    assert sentence(text.encode(codec)).endswith("and its encoding cannot be told for sure: save it as UTF-8.")


def test_one_odd_byte_in_utf8_is_named_by_line_and_position() -> None:
    assert sentence("naïve\nça va\ncaf".encode() + b"\xe9\n") == (
        "a.txt is UTF-8 text but for byte 0xE9 (line 3, position 17): mend that line, or save it anew as UTF-8."
    )


def test_some_utf8_in_another_encoding_is_no_reason_to_garble_it() -> None:
    content = "Le film était très réussi, à la fois drôle et émouvant.\n".encode("cp1252") * 20 + "déjà\n".encode()
    assert sentence(content).startswith("a.txt is not UTF-8 text (byte 0xE9, line 1, position 8)")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_known_by_its_zeros(codec: str) -> None:
    content, file = opened("text,label\nhello,1\n".encode(codec))
    assert content == b"text,label\nhello,1\n"
    assert file.notes == ("It has no byte order mark; it was read as UTF-16.",)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_is_believed_and_bytes_that_do_not_fit_it_are_an_error(codec: str) -> None:
    content = "hello".encode(codec) + b"\xff\xd8\xd8"
    assert sentence(content).startswith(f"a.txt is not {codec.removesuffix('-sig').upper()} text (byte 0x")


def test_bytes_that_no_text_has_are_refused() -> None:
    assert sentence(bytes(range(256)) * 4 + b"\x00" * 200).startswith("a.txt is not UTF-8 text (2")


def test_a_page_of_french_with_two_accents_is_western(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\n".join(f"Le café numéro {row} était très bon" for row in range(20)).encode("cp1252"))
    file = open_text(path, "a.txt", tmp_path)
    assert file.read().decode().startswith("Le café numéro 0 était très bon")
    assert "Windows-1252" in file.notes[0]
