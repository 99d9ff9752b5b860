"""Who signs the bearer tokens: the configured issuer, or a user pool of our own."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.config import StageConfig, TokenIssuer


class Identity(Construct):
    """Makes a Cognito user pool only where no OIDC issuer is given.

    The API takes its ID tokens: those name the client as their audience.
    """

    def __init__(self, scope: Construct, id_: str, *, config: StageConfig) -> None:
        super().__init__(scope, id_)
        self.issuer = config.token_issuer or self._made(config)

    def _made(self, config: StageConfig) -> TokenIssuer:
        pool = cognito.UserPool(
            self,
            "Users",
            # People are invited: an account says nothing of any organisation.
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
        client = pool.add_client(
            "App",
            auth_flows=cognito.AuthFlow(user_srp=True),
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=Duration.hours(1),
            access_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(1),
        )
        issuer = (
            f"https://cognito-idp.{Aws.REGION}.{Aws.URL_SUFFIX}/{pool.user_pool_id}"
        )
        return TokenIssuer(
            issuer=issuer,
            audience=client.user_pool_client_id,
            jwks_url=f"{issuer}/.well-known/jwks.json",
        )
