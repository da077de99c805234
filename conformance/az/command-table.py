"""Prints the ml extension's own command table as JSON: each command of the groups that are named, its options, and how each is given.

Usage: AZURE_EXTENSION_DIR=FOLDER python command-table.py GROUP...   (with the python of the azure-cli that has the extension)
"""
import json
import sys

from azure.cli.core import get_default_cli


def spellings(argument):
    """An argument's options. One that is to go away is an object that stands for its text."""
    return [str(getattr(option, "target", option)) for option in argument.options_list or []]


def main(groups):
    cli = get_default_cli()
    cli.invocation = cli.invocation_cls(
        cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
    )
    loader = cli.invocation.commands_loader
    loader.load_command_table(["ml"])
    found = {}
    for name in sorted(loader.command_table):
        words = name.split()
        if words[0] != "ml" or words[1] not in groups:
            continue
        # Arguments are loaded for the command that is being run.
        loader.command_name = name
        cli.invocation.data["command_string"] = name
        loader.load_arguments(name)
        found[name] = []
        for argument in loader.command_table[name].arguments.values():
            settings = argument.type.settings
            # What the command's function takes from the core itself is no option.
            if settings.get("help") == "==SUPPRESS==":
                continue
            found[name].append(
                {
                    "options": spellings(argument),
                    "required": bool(settings.get("required")),
                    "nargs": settings.get("nargs"),
                    "flag": settings.get("action") in ("store_true", "store_false"),
                    "choices": [str(one) for one in settings.get("choices") or []],
                    "configured": settings.get("configured_default"),
                }
            )
    json.dump(found, sys.stdout)


main(set(sys.argv[1:]))
