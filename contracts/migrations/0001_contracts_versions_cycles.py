import datetime
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import skeleton.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('parties', '0002_audit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.UUIDField(default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('payment_type', models.CharField(choices=[('prepaid', 'Prepaid'), ('postpaid', 'Postpaid'), ('credit', 'Credit')], max_length=8)),
                ('credit_days', models.IntegerField(blank=True, null=True)),
                ('penalty_rate', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('discount_rate', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('currency', models.CharField(max_length=3)),
                ('delivery_type', models.CharField(choices=[('delivery', 'Delivery'), ('pickup', 'Pickup'), ('digital', 'Digital')], max_length=8)),
                ('estimated_days', models.IntegerField(blank=True, null=True)),
                ('shipping_cost', models.BigIntegerField(blank=True, null=True)),
                ('shipping_currency', models.CharField(blank=True, max_length=3, null=True)),
                ('insurance', models.BooleanField(default=False)),
                ('validity_period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('start_date', models.GeneratedField(db_persist=True, expression=models.Func(models.F('validity_period'), function='lower'), output_field=models.DateField())),
                ('end_date', models.GeneratedField(db_persist=True, expression=models.Func(models.F('validity_period'), template='(upper(%(expressions)s) - 1)'), output_field=models.DateField())),
                ('credit_limit', models.BigIntegerField(default=0)),
                ('contract_type', models.CharField(choices=[('supply', 'Supply'), ('service', 'Service'), ('employment', 'Employment'), ('partnership', 'Partnership'), ('lease', 'Lease'), ('license', 'License')], max_length=11)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('pending_approval', 'Pending Approval'), ('active', 'Active'), ('expired', 'Expired'), ('terminated', 'Terminated')], default='draft', editable=False, max_length=16)),
                ('auto_renewal', models.BooleanField(default=False)),
                ('renewal_period_days', models.IntegerField(blank=True, null=True)),
                ('renewal_count', models.IntegerField(default=0, editable=False)),
                ('max_renewals', models.IntegerField(default=0)),
                ('notes', models.TextField(blank=True, null=True)),
                ('version', models.IntegerField(default=1, editable=False)),
                ('signed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('rejection_reason', models.TextField(blank=True, editable=False, null=True)),
                ('terminated_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('termination_reason', models.TextField(blank=True, editable=False, null=True)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('party', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='parties.party')),
            ],
            options={
                'db_table': 'contracts_contract',
            },
        ),
        migrations.CreateModel(
            name='ContractCycle',
            fields=[
                ('id', models.UUIDField(default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('ended_on', models.DateField()),
                ('outcome', models.CharField(choices=[('renewed', 'Renewed'), ('expired', 'Expired')], max_length=7)),
                ('renewed_until', models.DateField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('contract', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cycles', to='contracts.contract')),
            ],
            options={
                'db_table': 'contracts_cycle',
            },
        ),
        migrations.CreateModel(
            name='ContractVersion',
            fields=[
                ('payment_type', models.CharField(choices=[('prepaid', 'Prepaid'), ('postpaid', 'Postpaid'), ('credit', 'Credit')], max_length=8)),
                ('credit_days', models.IntegerField(blank=True, null=True)),
                ('penalty_rate', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('discount_rate', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('currency', models.CharField(max_length=3)),
                ('delivery_type', models.CharField(choices=[('delivery', 'Delivery'), ('pickup', 'Pickup'), ('digital', 'Digital')], max_length=8)),
                ('estimated_days', models.IntegerField(blank=True, null=True)),
                ('shipping_cost', models.BigIntegerField(blank=True, null=True)),
                ('shipping_currency', models.CharField(blank=True, max_length=3, null=True)),
                ('insurance', models.BooleanField(default=False)),
                ('validity_period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('start_date', models.GeneratedField(db_persist=True, expression=models.Func(models.F('validity_period'), function='lower'), output_field=models.DateField())),
                ('end_date', models.GeneratedField(db_persist=True, expression=models.Func(models.F('validity_period'), template='(upper(%(expressions)s) - 1)'), output_field=models.DateField())),
                ('credit_limit', models.BigIntegerField(default=0)),
                ('id', models.UUIDField(default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.IntegerField()),
                ('action', models.TextField()),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('pending_approval', 'Pending Approval'), ('active', 'Active'), ('expired', 'Expired'), ('terminated', 'Terminated')], max_length=16)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='contracts.contract')),
            ],
            options={
                'db_table': 'contracts_version',
            },
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(models.F('status'), models.F('id'), name='contracts_contract_status'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(models.F('contract_type'), models.F('id'), name='contracts_contract_type'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(models.F('party'), models.F('id'), name='contracts_contract_party'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(models.F('end_date'), models.F('id'), condition=models.Q(('status', 'active')), name='contracts_contract_running'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=django.contrib.postgres.indexes.GistIndex(models.F('validity_period'), name='contracts_contract_validity'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('contract_type__in', ['supply', 'service', 'employment', 'partnership', 'lease', 'license'])), name='contracts_contract_type_known'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'pending_approval', 'active', 'expired', 'terminated'])), name='contracts_contract_status_known'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('payment_type__in', ['prepaid', 'postpaid', 'credit'])), name='contracts_contract_payment_type_known'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('delivery_type__in', ['delivery', 'pickup', 'digital'])), name='contracts_contract_delivery_type_known'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('validity_period__isempty', False)), name='contracts_contract_end_after_start', violation_error_code='end_date', violation_error_message='Must not be before start_date.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('validity_period__endswith__lte', datetime.date(9999, 12, 31)), ('validity_period__lower_inf', False), ('validity_period__startswith__gte', datetime.date(1, 1, 1)), ('validity_period__upper_inf', False)), name='contracts_contract_period_bounded', violation_error_code='end_date', violation_error_message='Must be from 0001-01-01 to 9999-12-30.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('payment_type', 'credit'), _negated=True), models.Q(('credit_days__gt', 0), ('credit_days__isnull', False)), _connector='OR'), name='contracts_contract_credit_has_days', violation_error_code='credit_days', violation_error_message='Needed, and over 0, where payment_type is credit.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('credit_days', None), models.Q(('credit_days__gte', 0), ('credit_days__lte', 36500)), _connector='OR'), name='contracts_contract_credit_days_bounds', violation_error_code='credit_days'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('estimated_days', None), models.Q(('estimated_days__gte', 0), ('estimated_days__lte', 36500)), _connector='OR'), name='contracts_contract_estimated_days_bounds', violation_error_code='estimated_days'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('penalty_rate', None), models.Q(('penalty_rate__gte', 0), ('penalty_rate__lte', 100)), _connector='OR'), name='contracts_contract_penalty_rate_bounds', violation_error_code='penalty_rate'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('discount_rate', None), models.Q(('discount_rate__gte', 0), ('discount_rate__lte', 100)), _connector='OR'), name='contracts_contract_discount_rate_bounds', violation_error_code='discount_rate'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('shipping_cost', None), ('shipping_cost__gte', 0), _connector='OR'), name='contracts_contract_shipping_cost_positive', violation_error_code='shipping_cost'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('credit_limit__gte', 0)), name='contracts_contract_credit_limit_positive', violation_error_code='credit_limit'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='contracts_contract_currency_form'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('shipping_currency', None), ('shipping_currency__regex', '^[A-Z]{3}$'), _connector='OR'), name='contracts_contract_shipping_currency_form'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('auto_renewal', False), ('renewal_period_days__isnull', False), _connector='OR'), name='contracts_contract_renewal_has_period', violation_error_code='renewal_period_days', violation_error_message='Needed where auto_renewal is on.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('renewal_period_days', None), models.Q(('renewal_period_days__gte', 1), ('renewal_period_days__lte', 36500)), _connector='OR'), name='contracts_contract_renewal_period_bounds', violation_error_code='renewal_period_days'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('max_renewals__gte', 0), ('renewal_count__gte', 0), models.Q(('max_renewals', 0), ('renewal_count__lte', models.F('max_renewals')), _connector='OR')), name='contracts_contract_renewals_within_cap', violation_error_code='max_renewals', violation_error_message='It was renewed as often as agreed.'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_at', None), ('status__in', ['draft', 'pending_approval']), ('version', 1)), models.Q(('signed_at__isnull', False), ('status__in', ['active', 'expired'])), ('status', 'terminated'), _connector='OR'), name='contracts_contract_signed_fits_status'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'terminated'), ('terminated_at__isnull', False), ('termination_reason__isnull', False)), models.Q(models.Q(('status', 'terminated'), _negated=True), ('terminated_at', None), ('termination_reason', None)), _connector='OR'), name='contracts_contract_termination_fits_status'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'draft'), ('rejection_reason', None), _connector='OR'), name='contracts_contract_rejection_fits_status'),
        ),
        migrations.AddConstraint(
            model_name='contractcycle',
            constraint=models.UniqueConstraint(fields=('contract', 'ended_on'), name='contracts_cycle_unique', violation_error_message='This cycle was settled already.'),
        ),
        migrations.AddConstraint(
            model_name='contractcycle',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'renewed'), ('renewed_until__gt', models.F('ended_on'))), models.Q(('outcome', 'expired'), ('renewed_until', None)), _connector='OR'), name='contracts_cycle_outcome_fits'),
        ),
        migrations.AddConstraint(
            model_name='contractversion',
            constraint=models.UniqueConstraint(fields=('contract', 'version'), name='contracts_version_unique'),
        ),
    ]
