"""The development issuer: signs bearer tokens and publishes its public key.

The authorizer fetches the key over HTTP, as it would from any OIDC issuer.
"""

import json
import time
from contextlib import suppress
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from local.aws import aws_client
from local.config import Laptop, write_private
from local.errors import LaptopError

BUCKET = "dev-issuer"
JWKS_KEY = ".well-known/jwks.json"
KEY_ID = "laptop"
AUDIENCE = "invoice-export"
LIFETIME_SECONDS = 12 * 3600


class Issuer:
    """Owns a private key, which it creates on first use."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop

    @property
    def url(self) -> str:
        return f"{self._laptop.engine_url}/{BUCKET}"

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/{JWKS_KEY}"

    def token(self, user_id: str, **claims: Any) -> str:
        """Return a token for ``user_id``; ``claims`` override the standard ones."""
        now = int(time.time())
        standard = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": user_id,
            "name": user_id.removeprefix("user_").replace("_", " ").title(),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }
        return jwt.encode(
            {**standard, **claims}, self.key(), "RS256", headers={"kid": KEY_ID}
        )

    def key(self) -> rsa.RSAPrivateKey:
        path = self._laptop.folder / "issuer.pem"
        if not path.exists():
            new = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = new.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            write_private(path, pem.decode())
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise LaptopError(f"{path} is not an RSA key. Delete it and try again.")
        return key

    def publish(self) -> None:
        """Put the public key at ``jwks_url``."""
        public: dict[str, Any] = RSAAlgorithm.to_jwk(
            self.key().public_key(), as_dict=True
        )
        public |= {"kid": KEY_ID, "use": "sig", "alg": "RS256"}
        s3 = aws_client(self._laptop, "s3")
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=BUCKET)
        s3.put_object(
            Bucket=BUCKET,
            Key=JWKS_KEY,
            Body=json.dumps({"keys": [public]}).encode(),
            ContentType="application/json",
        )
