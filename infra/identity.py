"""Who signs the bearer tokens: the configured issuer, or the stack's user pool."""

from dataclasses import replace

from aws_cdk import Aws, CfnOutput, Duration, Fn, Names, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.config import StageConfig
from infra.given import TokenIssuer


class Identity(Construct):
    """Creates a Cognito user pool where no OIDC issuer is given.

    The API accepts the pool's access tokens, which name the app client. The inspector
    signs people in with that client, on pages that Cognito serves.
    """

    def __init__(self, scope: Construct, id_: str, *, config: StageConfig) -> None:
        super().__init__(scope, id_)
        self._client: cognito.CfnUserPoolClient | None = None
        self._more_pages = config.sign_in_pages
        if config.token_issuer:
            self.issuer, self.inspector = config.token_issuer, config.inspector
            return
        pool = self._create_pool(config)
        self._client = self._create_client(pool)
        self.issuer = issuer_of(pool, audience=self._client.ref)
        pages = self._serve_sign_in(pool, self._client)
        self.inspector = replace(
            config.inspector,
            client_id=self._client.ref,
            # Cognito issues a refresh token without offline_access.
            scope="openid profile",
            origins=(pages,),
            sign_out_url=f"{pages}/logout",
        )
        CfnOutput(Stack.of(self), "UserPoolId", value=pool.user_pool_id)

    def allow_sign_in_from(self, base_url: str) -> None:
        """Let the inspector at this URL and the configured pages sign people in."""
        if self._client:
            pages = [f"{base_url}/inspector", *self._more_pages]
            self._client.callback_ur_ls = self._client.logout_ur_ls = pages

    def _create_pool(self, config: StageConfig) -> cognito.UserPool:
        return cognito.UserPool(
            self,
            "Users",
            # People are invited. Signing up would give them no organisation.
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=Duration.days(3),
            ),
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=(
                cognito.StandardThreatProtectionMode.FULL_FUNCTION
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=True,
            removal_policy=config.removal_policy,
        )

    def _create_client(self, pool: cognito.UserPool) -> cognito.CfnUserPoolClient:
        """Create a public client: it has no secret, and each code needs its verifier.

        Its callback URLs follow once there is an API: see :meth:`allow_sign_in_from`.
        """
        return cognito.CfnUserPoolClient(
            self,
            "App",
            user_pool_id=pool.user_pool_id,
            generate_secret=False,
            allowed_o_auth_flows_user_pool_client=True,
            allowed_o_auth_flows=["code"],
            allowed_o_auth_scopes=["openid", "profile"],
            supported_identity_providers=["COGNITO"],
            explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=60,
            id_token_validity=60,
            refresh_token_validity=1440,
            token_validity_units=cognito.CfnUserPoolClient.TokenValidityUnitsProperty(
                access_token="minutes",  # noqa: S106
                id_token="minutes",  # noqa: S106
                refresh_token="minutes",  # noqa: S106
            ),
        )

    def _serve_sign_in(
        self, pool: cognito.UserPool, client: cognito.CfnUserPoolClient
    ) -> str:
        """Create the pages on which people sign in, and return their URL."""
        # Unique across all AWS customers, and without "aws" or "cognito".
        prefix = Fn.join(
            "-", ["invoice-export", Aws.ACCOUNT_ID, Names.unique_id(self)[-8:].lower()]
        )
        domain = pool.add_domain(
            "SignIn",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        # Cognito serves no page without a style, even if it is Cognito's own.
        cognito.CfnManagedLoginBranding(
            self,
            "Style",
            user_pool_id=pool.user_pool_id,
            client_id=client.ref,
            use_cognito_provided_values=True,
        )
        return domain.base_url()


def issuer_of(pool: cognito.UserPool, *, audience: str) -> TokenIssuer:
    """Return what verifies a pool's tokens."""
    issuer = f"https://cognito-idp.{Aws.REGION}.{Aws.URL_SUFFIX}/{pool.user_pool_id}"
    return TokenIssuer(
        issuer=issuer,
        audience=audience,
        jwks_url=f"{issuer}/.well-known/jwks.json",
    )
