"""`eudscore app`: the pages in a browser."""

import os
import socket
import subprocess
import sys

import click

from eudscore.cli.shared import one_sentence, workspace_option


@click.command()
@workspace_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--read-only", is_flag=True, help="Show what the workspace holds; add, score and train nothing.")
@one_sentence
def app(host: str, port: int, *, no_browser: bool, read_only: bool) -> None:
    """Open the app in a browser."""
    from eudscore.locations import site
    from eudscore.store.workspace import Workspace, default_root

    Workspace(default_root())  # a workspace that cannot be opened is said here, not in a browser
    _check_port(host, port)
    command = [
        sys.executable, "-m", "streamlit", "run", str(site() / "app.py"),
        f"--server.address={host}", f"--server.port={port}", "--server.showEmailPrompt=false",
    ]  # fmt: skip
    if no_browser:
        command.append("--server.headless=true")
    environment = {**os.environ, "EUDSCORE_READ_ONLY": "1"} if read_only else dict(os.environ)
    click.echo(f"eudscore is at http://{host}:{port} (workspace {default_root()}); Ctrl-C ends it.")
    sys.stdout.flush()
    if os.name == "posix":  # one process, so that whoever ends this one ends the server
        os.execve(sys.executable, command, environment)
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


def _check_port(host: str, port: int) -> None:
    from eudscore.errors import RequestError

    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise RequestError(
            f"Port {port} of {host} cannot be used ({os.strerror(error.errno or 0)}): choose another one with --port."
        ) from error
