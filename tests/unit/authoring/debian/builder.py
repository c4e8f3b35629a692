"""Makes descriptions of packages as Debian has them."""

from runner.authoring.debian.packages import PackageIndex

ARCHIVE = "https://mirror.example/debian"


def described(name: str, version: str = "1", **fields: str) -> str:
    """Return a paragraph of a Packages file; ``Pre_Depends`` stands for the field Pre-Depends."""
    own = {
        "Package": name,
        "Version": version,
        "Architecture": "amd64",
        "Section": "libs",
        "Filename": f"pool/{name}_{version}_amd64.deb",
        "Size": "3",
        "SHA256": "0" * 64,
        **{field.replace("_", "-"): value for field, value in fields.items()},
    }
    return "".join(f"{field}: {value}\n" for field, value in own.items())


def index(*paragraphs: str) -> PackageIndex:
    """Return an archive's packages."""
    return PackageIndex(((ARCHIVE, "\n".join(paragraphs)),))


def status(*paragraphs: str) -> str:
    """Return a status file of dpkg in which all are installed."""
    return "\n".join(f"{one}Status: install ok installed\n" for one in paragraphs)
