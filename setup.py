"""Metadata, dependencies and entry points, in one place. Tool settings: pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

TEST = [
    "hypothesis",
    "import-linter",
    "mypy",
    "openai",
    "pytest",
    "pytest-timeout",
    "pytest-xdist",
    "ruff",
    "selenium",
    "tensorboard",
]

setup(
    name="coderl",
    version="0.1.0",
    description="Train language models to write programs that pass tests",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(
        include=[f"{p}{s}" for p in ("coderl", "critics", "rewards", "envs") for s in ("", ".*")]
    ),
    package_data={package: ["py.typed"] for package in ("coderl", "critics", "rewards", "envs")},
    install_requires=[
        "accelerate",
        "datasets",
        "gymnasium>=1.0",
        "matplotlib",
        "numpy",
        "omegaconf>=2.4,<3",
        "peft",
        "rich",
        "safetensors",
        "scikit-learn",
        "torch",
        "transformers>=5",
        "trl",
        "wandb",
    ],
    extras_require={
        "deepspeed": ["deepspeed"],
        "gguf": ["gguf"],
        "openai": ["openai"],
        "openenv": ["openenv"],
        "ray": ["ray"],
        "tensorboard": ["tensorboard"],
        "vllm": ["vllm"],
        "test": TEST,
        "verifiers": ["verifiers"],
    },
    entry_points={
        "console_scripts": ["coderl = coderl.__main__:main"],
        "gymnasium.envs": ["__root__ = envs.registration:register"],
    },
)
